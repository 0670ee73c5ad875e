//! NumPy's `.npz`: arrays in `.npy` form inside a ZIP archive, stored or deflated.
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

/// The largest array that is read, in bytes.
const MAX_BYTES: usize = 1 << 32;

/// The arrays of an archive with their names, in its order.
///
/// # Errors
/// In words: what is damaged or not supported.
pub fn read_archive(bytes: &[u8]) -> Result<Vec<(String, Array)>, String> {
    let end = find_end(bytes).ok_or("it is not an .npz archive")?;
    let count = u16_at(bytes, end + 10)?;
    let mut at = u32_at(bytes, end + 16)? as usize;
    let mut arrays = Vec::new();
    for _ in 0..count {
        if u32_at(bytes, at)? != CENTRAL_HEADER {
            return Err("its directory is damaged".to_string());
        }
        let (name_length, extra, comment) =
            (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        let name = String::from_utf8_lossy(slice(bytes, at + 46, usize::from(name_length))?).into_owned();
        if let Some(array_name) = name.strip_suffix(".npy") {
            let content = entry(bytes, at).map_err(|reason| format!("the array `{array_name}`: {reason}"))?;
            // Texts beside the numbers, such as a title, are none of our business.
            if is_text(&content) {
                at += 46 + usize::from(name_length) + usize::from(extra) + usize::from(comment);
                continue;
            }
            let array = read_npy(&content).map_err(|reason| format!("the array `{array_name}`: {reason}"))?;
            arrays.push((array_name.to_string(), array));
        }
        at += 46 + usize::from(name_length) + usize::from(extra) + usize::from(comment);
    }
    Ok(arrays)
}

fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(22)?;
    (last.saturating_sub(0xffff)..=last).rev().find(|&at| u32_at(bytes, at) == Ok(END_OF_DIRECTORY))
}

/// The content of the entry whose directory record stands at `at`.
fn entry(bytes: &[u8], at: usize) -> Result<Vec<u8>, String> {
    let method = u16_at(bytes, at + 10)?;
    let checksum = u32_at(bytes, at + 16)?;
    let (packed, size) = (u32_at(bytes, at + 20)? as usize, u32_at(bytes, at + 24)? as usize);
    let header = u32_at(bytes, at + 42)? as usize;
    if u32_at(bytes, header)? != LOCAL_HEADER {
        return Err("its header is damaged".to_string());
    }
    let start =
        header + 30 + usize::from(u16_at(bytes, header + 26)?) + usize::from(u16_at(bytes, header + 28)?);
    let data = slice(bytes, start, packed)?;
    let content = match method {
        0 => data.to_vec(),
        8 => miniz_oxide::inflate::decompress_to_vec_with_limit(data, size.min(MAX_BYTES))
            .map_err(|error| format!("it cannot be decompressed ({error})"))?,
        other => return Err(format!("compression method {other} is not supported")),
    };
    match content.len() == size && crc32(&content) == checksum {
        true => Ok(content),
        false => Err("it is damaged (wrong checksum)".to_string()),
    }
}

/// Reads the content of an `.npy` file.
fn read_npy(bytes: &[u8]) -> Result<Array, String> {
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        return Err("it is not in .npy form".to_string());
    }
    let (start, length) = match bytes.get(6) {
        Some(1) => (10, usize::from(u16_at(bytes, 8)?)),
        _ => (12, u32_at(bytes, 8)? as usize),
    };
    let header = std::str::from_utf8(slice(bytes, start, length)?).map_err(|_| "its header is damaged")?;
    let descriptor = dictionary_value(header, "descr").and_then(quoted).ok_or("its header names no type")?;
    let fortran = dictionary_value(header, "fortran_order").is_some_and(|value| value.starts_with("True"));
    let shape = dictionary_value(header, "shape").and_then(shape_tuple).ok_or("its header gives no shape")?;
    let count = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
    let count = count.filter(|&count| count <= MAX_BYTES / 8).ok_or("it is too large")?;
    let values = decode(&bytes[start + length..], descriptor, count)?;
    Ok(Array { values: if fortran { last_index_fastest(&values, &shape) } else { values }, shape })
}

/// Whether an `.npy` file holds texts.
fn is_text(bytes: &[u8]) -> bool {
    let header = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).into_owned();
    let descriptor = dictionary_value(&header, "descr").and_then(quoted).unwrap_or("");
    descriptor.trim_start_matches(['<', '>', '|', '=']).starts_with(['U', 'S'])
}

/// The text behind `'key':` in a Python dictionary literal.
fn dictionary_value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'"))?;
    Some(header[at + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.split('\'').next()
}

fn shape_tuple(text: &str) -> Option<Vec<usize>> {
    let inner = text.strip_prefix('(')?.split(')').next()?;
    inner.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
}

fn decode(data: &[u8], descriptor: &str, count: usize) -> Result<Vec<f64>, String> {
    fn numbers<const N: usize>(data: &[u8], big: bool, read: fn([u8; N]) -> f64) -> Vec<f64> {
        let chunks = data.chunks_exact(N).map(|chunk| {
            let mut bytes: [u8; N] = std::array::from_fn(|at| chunk[at]);
            if big {
                bytes.reverse();
            }
            read(bytes)
        });
        chunks.collect()
    }
    let (order, kind) = descriptor.split_at(usize::from(descriptor.starts_with(['<', '>', '|', '='])));
    let big = order == ">";
    let width = kind.get(1..).and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
    let data = slice(data, 0, count.saturating_mul(width))?;
    Ok(match kind {
        "f8" => numbers(data, big, f64::from_le_bytes),
        "f4" => numbers(data, big, |bytes| f64::from(f32::from_le_bytes(bytes))),
        "i8" => numbers(data, big, |bytes| i64::from_le_bytes(bytes) as f64),
        "i4" => numbers(data, big, |bytes| f64::from(i32::from_le_bytes(bytes))),
        "u8" => numbers(data, big, |bytes| u64::from_le_bytes(bytes) as f64),
        "u4" => numbers(data, big, |bytes| f64::from(u32::from_le_bytes(bytes))),
        "i2" => numbers(data, big, |bytes| f64::from(i16::from_le_bytes(bytes))),
        "u2" => numbers(data, big, |bytes| f64::from(u16::from_le_bytes(bytes))),
        "i1" => numbers(data, big, |bytes: [u8; 1]| f64::from(bytes[0] as i8)),
        "u1" | "b1" => numbers(data, big, |bytes: [u8; 1]| f64::from(bytes[0])),
        "O" => return Err("it holds Python objects; save runs of different lengths as CSV".to_string()),
        _ => return Err(format!("its type `{descriptor}` is not supported; save it as float64")),
    })
}

/// The entries of an array stored with the first index fastest, reordered.
fn last_index_fastest(values: &[f64], shape: &[usize]) -> Vec<f64> {
    (0..values.len())
        .map(|mut position| {
            let mut indices = vec![0; shape.len()];
            for (index, &length) in indices.iter_mut().zip(shape).rev() {
                *index = position % length.max(1);
                position /= length.max(1);
            }
            let from = indices.iter().zip(shape).rev().fold(0, |at, (index, length)| at * length + index);
            values[from]
        })
        .collect()
}

fn slice(bytes: &[u8], start: usize, length: usize) -> Result<&[u8], String> {
    let end = start.checked_add(length);
    end.and_then(|end| bytes.get(start..end)).ok_or_else(|| "it ends too early".to_string())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    let two = slice(bytes, at, 2)?;
    Ok(u16::from_le_bytes(std::array::from_fn(|k| two[k])))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, String> {
    let four = slice(bytes, at, 4)?;
    Ok(u32::from_le_bytes(std::array::from_fn(|k| four[k])))
}

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
    fn archives_come_back() {
        let arrays = [
            ("q", Array { shape: vec![2, 3, 1], values: (0..6).map(f64::from).collect() }),
            ("t", Array { shape: vec![3], values: vec![0.1, f64::MIN_POSITIVE, -1e300] }),
        ];
        let back = read_archive(&write_archive(&arrays).unwrap()).unwrap();
        assert_eq!(back.len(), 2);
        for ((name, array), (same_name, same)) in arrays.iter().zip(&back) {
            assert_eq!((name, array), (&same_name.as_str(), same));
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn damage_is_an_error_never_a_panic() {
        let bytes = write_archive(&[("q", Array { shape: vec![4], values: vec![1.0; 4] })]).unwrap();
        for cut in 0..bytes.len() {
            assert!(read_archive(&bytes[..cut]).is_err());
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            let _ = read_archive(&damaged);
        }
    }

    #[test]
    fn the_first_index_fastest() {
        assert_eq!(
            last_index_fastest(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0], &[2, 3]),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        );
    }
}
