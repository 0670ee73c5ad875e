//! Texts that are compared with recorded ones, in the folder `texts`.

/// Fails with the whole text found, to be read and, if it is right, recorded.
#[track_caller]
pub fn assert_is_recorded(found: &str, recorded: &str) {
    assert!(found == recorded.trim_end_matches('\n'), "this is not what is recorded:\n{found}");
}
