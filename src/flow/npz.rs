//! NumPy's `.npz`, written: arrays in `.npy` form inside a ZIP archive.
//!
//! Formats: NumPy enhancement proposal 1 (npy 1.0 – 3.0); PKWARE APPNOTE 6.3 (ZIP without ZIP64).

/// An array of real numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Array {
    /// Its lengths along each axis.
    pub shape: Vec<usize>,
    /// Its entries, the last index fastest.
    pub values: Vec<f64>,
}

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END_OF_DIRECTORY: u32 = 0x0605_4b50;

/// An archive of arrays, stored without compression and without a date: the same arrays, the same bytes.
///
/// # Errors
/// An archive beyond 4 GiB.
pub fn write_archive(arrays: &[(&str, Array)]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, array) in arrays {
        let content = write_npy(array);
        let name = format!("{name}.npy");
        let offset = u32::try_from(out.len() + content.len())
            .map_err(|_| "it would exceed 4 GiB; use CSV")?
            - content.len() as u32;
        // Version, flags, method, time, date (1 January 1980), checksum, sizes, lengths of name and extra.
        let mut common = Vec::new();
        for short in [20u16, 0, 0, 0, 0x0021] {
            common.extend(short.to_le_bytes());
        }
        common.extend(crc32(&content).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0u16.to_le_bytes());
        out.extend(LOCAL_HEADER.to_le_bytes());
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
        directory.extend(CENTRAL_HEADER.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        // No comment, disk 0, no attributes.
        directory.extend([0u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(out.len() + directory.len()).map_err(|_| "it would exceed 4 GiB; use CSV")?
        - directory.len() as u32;
    let count = (arrays.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend(END_OF_DIRECTORY.to_le_bytes());
    out.extend([0u8; 4]);
    out.extend(count);
    out.extend(count);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0u8; 2]);
    Ok(out)
}

fn write_npy(array: &Array) -> Vec<u8> {
    let lengths: String = array.shape.iter().map(|length| format!("{length}, ")).collect();
    let mut header =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", lengths.trim_end());
    // The data begin at a multiple of 64 bytes.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    array.values.iter().for_each(|value| out.extend(value.to_le_bytes()));
    out
}

/// The checksum of ZIP archives (ITU-T V.42).
fn crc32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    !bytes.iter().fold(!0, |crc, &byte| table[((crc ^ u32::from(byte)) & 0xff) as usize] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
