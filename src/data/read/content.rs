//! What kind of file it is, by its first bytes.

use std::path::Path;

use crate::data::ReadError;

/// The content of a file.
pub enum Content {
    /// Text, and a note on how it was decoded.
    Text(String, Option<String>),
    /// A NumPy archive.
    Archive(Vec<u8>),
}

/// Reads a file.
///
/// # Errors
/// It is not there, may not be read, or is of a kind that is not read, with what to do instead.
pub fn load(path: &str) -> Result<Content, ReadError> {
    let refused = |reason: &str, hint: Option<&str>| ReadError::File {
        path: path.to_string(),
        reason: reason.to_string(),
        hint: hint.map(str::to_string),
    };
    if Path::new(path).is_dir() {
        return Err(refused("it is a directory, not a file", None));
    }
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused("there is no such file", None),
        std::io::ErrorKind::PermissionDenied => refused("permission denied", None),
        _ => refused(&error.to_string(), None),
    })?;
    classify(bytes, path)
}

/// First bytes of files that are not read, what they are, and the way out.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (b"\xd0\xcf\x11\xe0", "it is an Excel workbook", "save it as CSV"),
    (b"PAR1", "it is a Parquet file", "the Python package reads it; or save it as CSV"),
    (b"\x89HDF", "it is an HDF5 file", "save its columns as CSV"),
    (b"MATLAB 5.0", "it is a MATLAB file", "save its columns with `writetable(t, 'data.csv')`"),
    (b"\x1f\x8b", "it is compressed", "decompress it with `gunzip`"),
    (b"\x93NUMPY", "it is a single NumPy array", "save it with its times: numpy.savez('data.npz', q=q, t=t)"),
    (b"SQLite format 3", "it is a database", "save its table as CSV"),
    (b"%PDF", "it is a PDF document", "save its table as CSV"),
];

fn classify(bytes: Vec<u8>, path: &str) -> Result<Content, ReadError> {
    let refused = |reason: String, hint: Option<&str>| ReadError::File {
        path: path.to_string(),
        reason,
        hint: hint.map(str::to_string),
    };
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") || has_extension(path, "npz") {
        let is_workbook = |folder: &[u8]| bytes.windows(folder.len()).take(1 << 16).any(|w| w == folder);
        if is_workbook(b"xl/") || is_workbook(b"[Content_Types].xml") {
            return Err(refused("it is an Excel workbook".to_string(), Some("save it as CSV")));
        }
        return Ok(Content::Archive(bytes));
    }
    if let Some((_, what, hint)) = OTHERS.iter().find(|(first, ..)| bytes.starts_with(first)) {
        return Err(refused(what.to_string(), Some(hint)));
    }
    let (text, note) = decode(bytes).map_err(|reason| refused(reason, None))?;
    let bare = text.trim_start_matches('\u{feff}').trim_start();
    if ["{", "[{", "[[", "[\"", "<"].iter().any(|first| bare.starts_with(first)) {
        return Err(refused("it is no table of rows and columns".to_string(), Some("save it as CSV")));
    }
    Ok(Content::Text(text, note.map(|note| format!("{path}: {note}"))))
}

fn has_extension(path: &str, wanted: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// The text of bytes in UTF-8, in UTF-16 with a byte-order mark, or in the one-byte code of Western Europe.
fn decode(bytes: Vec<u8>) -> Result<(String, Option<String>), String> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "it is not UTF-16 text".to_string())
    };
    if bytes.starts_with(b"\xff\xfe") {
        return Ok((wide(u16::from_le_bytes)?, None));
    }
    if bytes.starts_with(b"\xfe\xff") {
        return Ok((wide(u16::from_be_bytes)?, None));
    }
    let is_text = |byte: u8| byte >= b' ' || byte.is_ascii_whitespace() || byte == 0x1a;
    if let Some(at) = bytes.iter().position(|&byte| !is_text(byte)) {
        return Err(format!("it is a binary file, not text (byte {at} is {:#04x})", bytes[at]));
    }
    match String::from_utf8(bytes) {
        // Old programs end a text with the byte 26.
        Ok(text) if text.ends_with('\u{1a}') => Ok((text.trim_end_matches('\u{1a}').to_string(), None)),
        Ok(text) => Ok((text, None)),
        Err(error) => {
            let text = error.into_bytes().into_iter().map(char::from).collect();
            Ok((text, Some("it is not UTF-8 text; its letters are read as Latin-1".to_string())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        match classify(bytes.to_vec(), "a.csv") {
            Ok(Content::Text(text, _)) => text,
            Ok(Content::Archive(_)) => "archive".to_string(),
            Err(error) => error.render(),
        }
    }

    #[test]
    fn texts_in_several_codes() {
        assert_eq!(text(b"t,x\n"), "t,x\n");
        assert_eq!(text(b"\xff\xfet\0,\0x\0"), "t,x");
        assert_eq!(text(b"\xfe\xff\0t\0,\0x"), "t,x");
        assert_eq!(text(b"t,\xb0\n"), "t,°\n");
    }

    #[test]
    fn other_kinds_of_files() {
        for (bytes, word) in [
            (&b"PK\x03\x04 xl/workbook.xml"[..], "Excel"),
            (b"PAR1", "Parquet"),
            (b"\x1f\x8b\x08", "gunzip"),
            (b"\x93NUMPY", "savez"),
            (b"\x7fELF\x02\0", "binary"),
            (b"{\"t\": [0, 1]}", "no table"),
        ] {
            assert!(text(bytes).contains(word), "{}", text(bytes));
        }
        assert_eq!(text(b"PK\x03\x04 q.npy"), "archive");
    }
}
