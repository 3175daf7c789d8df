//! A line of text that tells by itself whether it is whole: a JSON object whose last field is the checksum of the text
//! before it.

use serde::Serialize;

/// What stands between the content of a line and its checksum.
const CHECKSUM: &str = ",\"crc32c\":\"";
/// Eight digits, and the ends of text and object.
const CHECKSUM_SIZE: usize = CHECKSUM.len() + 8 + 2;

/// The text of a line, with its line feed.
pub(crate) fn encode(content: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(content)?;
    text.pop();
    let checksum = crc32c::crc32c(text.as_bytes());
    Ok(format!("{text}{CHECKSUM}{checksum:08x}\"}}\n"))
}

/// The object that a line, without its line feed, says, or what is wrong with it.
pub(crate) fn decode(line: &[u8]) -> Result<String, String> {
    let not_whole = || "it does not end with its checksum: it is damaged or cut".to_owned();
    let text = std::str::from_utf8(line).map_err(|_| "it is no text".to_owned())?;
    let at = text.len().checked_sub(CHECKSUM_SIZE).filter(|at| text.is_char_boundary(*at)).ok_or_else(not_whole)?;
    let (content, checksum) = text.split_at(at);
    let digits = checksum.strip_prefix(CHECKSUM).and_then(|rest| rest.strip_suffix("\"}")).ok_or_else(not_whole)?;
    let found = format!("{:08x}", crc32c::crc32c(content.as_bytes()));
    if found != digits {
        return Err(format!("its checksum is {found}, written was {digits}: it is damaged"));
    }
    Ok(format!("{content}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_anywhere_in_a_line_is_noticed() {
        let line = encode(&serde_json::json!({ "records": 3, "root": "AAAA" })).unwrap();
        let line = line.strip_suffix('\n').unwrap().as_bytes();
        assert_eq!(decode(line).unwrap(), r#"{"records":3,"root":"AAAA"}"#);
        for bit in 0..line.len() * 8 {
            let mut flipped = line.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
        for size in 0..line.len() {
            assert!(decode(&line[..size]).is_err(), "cut to {size}");
        }
    }
}
