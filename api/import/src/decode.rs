//! Bytes of any encoding to text, as a stream.
//!
//! What cannot be decoded becomes [`UNDECODABLE`], so that only the rows that hold it are lost, each by name.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Stands where bytes could not be decoded: a noncharacter, which no text may hold.
pub const UNDECODABLE: char = '\u{FDD0}';

/// How much is read at once, in bytes.
const READ_SIZE: usize = 64 * 1024;

/// A stream of text.
pub struct TextSource {
    reader: Box<dyn Read + Send>,
    encoding: &'static Encoding,
    decoder: Decoder,
    pending: Vec<u8>,
    started: bool,
    ended: bool,
    failure: Option<io::Error>,
}

impl TextSource {
    /// Reads bytes as text of an encoding.
    pub fn new(reader: Box<dyn Read + Send>, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { reader, encoding, decoder, pending: Vec::new(), started: false, ended: false, failure: None }
    }

    /// Appends at least one more character to `text`, unless the input is at its end; says whether it is.
    ///
    /// # Errors
    /// When the input cannot be read on, or starts with the mark of another encoding.
    pub fn fill(&mut self, text: &mut String) -> io::Result<bool> {
        let before = text.len();
        while !self.ended && text.len() == before {
            let mut bytes = std::mem::take(&mut self.pending);
            bytes.resize(READ_SIZE, 0);
            let size = self.read(&mut bytes)?;
            bytes.truncate(size);
            if !self.started {
                self.check_mark(&bytes)?;
                self.started = true;
            }
            self.ended = bytes.is_empty();
            self.decode(&bytes, text);
            bytes.clear();
            self.pending = bytes;
        }
        Ok(self.ended)
    }

    /// Reads until the buffer is full or the input ends, so that decoding works on large pieces. What was read
    /// before a failure is handed out first.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(size) => filled += size,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if filled > 0 => {
                    self.failure = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn decode(&mut self, mut bytes: &[u8], text: &mut String) {
        loop {
            let needed = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(READ_SIZE * 4);
            text.reserve(needed);
            let (result, read) = self.decoder.decode_to_string_without_replacement(bytes, text, self.ended);
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => text.push(UNDECODABLE),
            }
        }
    }

    fn check_mark(&self, bytes: &[u8]) -> io::Result<()> {
        let Some((marked, _)) = Encoding::for_bom(bytes) else { return Ok(()) };
        let other = marked != self.encoding && [UTF_8, UTF_16LE, UTF_16BE].contains(&marked);
        if other {
            let message = format!(
                "the file starts with the mark of {}, but the mapping says {}",
                marked.name(),
                self.encoding.name()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(())
    }
}

/// The encoding of a label such as `utf-8` or `windows-1251`.
///
/// # Errors
/// In words, when there is none.
pub fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        format!("unknown encoding '{label}'; write for instance utf-8, windows-1251, iso-8859-1, utf-16le")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &'static [u8], label: &str) -> io::Result<String> {
        let mut source = TextSource::new(Box::new(bytes), encoding(label).unwrap());
        let mut text = String::new();
        while !source.fill(&mut text)? {}
        Ok(text)
    }

    #[test]
    fn encodings_are_read_and_marks_removed() {
        assert_eq!(text(b"\xef\xbb\xbfabc", "utf-8").unwrap(), "abc");
        assert_eq!(text(b"\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251").unwrap(), "Привет");
        assert_eq!(text(b"\xff\xfea\x00b\x00", "utf-16le").unwrap(), "ab");
        assert!(encoding("klingon").is_err());
    }

    #[test]
    fn what_cannot_be_decoded_is_marked_where_it_stands() {
        assert_eq!(text(b"a\xcfb\nc", "utf-8").unwrap(), "a\u{FDD0}b\nc");
    }

    #[test]
    fn a_mark_of_another_encoding_is_refused() {
        let error = text(b"\xff\xfea\x00", "utf-8").unwrap_err();
        assert_eq!(error.to_string(), "the file starts with the mark of UTF-16LE, but the mapping says UTF-8");
    }
}
