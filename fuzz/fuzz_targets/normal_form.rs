//! Any formula of the class: no panic, no false zero, no false difference, no false independence.
#![no_main]

#[allow(dead_code)]
#[path = "../../kernel/tests/kernel/fuzz_bodies/mod.rs"]
mod fuzz_bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzz_bodies::normal_form(&mut fuzz_bodies::Source::new(bytes));
});
