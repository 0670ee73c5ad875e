//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::RunError;

/// What the name of a file ends in until it is whole.
const UNFINISHED: &str = ".new";

/// Writes a file beside its place and moves it there: whoever reads it finds the old bytes or the new ones. Folders
/// that are missing are made.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let beside = beside(path);
    let written = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        // Else the name may reach the disk before the bytes.
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(|source| RunError::File { path: path.to_owned(), source })
}

/// The bytes of a file; nothing where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, RunError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RunError::File { path: path.to_owned(), source }),
    }
}

/// Removes what a writer that was killed left beside the place of a file.
pub(super) fn remove_unfinished(path: &Path) -> Result<(), RunError> {
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(RunError::File { path: beside, source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    PathBuf::from(name)
}

/// A checksum of a file's bytes (FNV-1a, 64 bits): tells a damaged file, or one of another run.
pub(super) fn checksum(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside() {
        let folder = std::env::temp_dir().join(format!("liouville-files-{}", std::process::id()));
        let path = folder.join("deep").join("file");
        write(&path, b"one").unwrap();
        // What a writer that was killed left is no hindrance.
        fs::write(beside(&path), b"tw").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"one");
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.join("deep")).unwrap().count(), 1);
        assert_eq!(read(&folder.join("none")).unwrap(), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn checksums_are_those_of_fnv() {
        assert_eq!(checksum(b""), "cbf29ce484222325");
        assert_eq!(checksum(b"a"), "af63dc4c8601ec8c");
    }
}
