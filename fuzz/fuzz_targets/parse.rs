//! Any text: no panic, and what is read is printed so that it reads back.
#![no_main]

#[allow(dead_code)]
#[path = "../../kernel/tests/kernel/fuzz_bodies/mod.rs"]
mod fuzz_bodies;

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzz_bodies::read_and_print(text);
});
