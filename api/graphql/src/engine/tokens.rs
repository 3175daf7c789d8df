//! A look at a document before it is parsed: how many tokens, and how deep nested.
//!
//! The parser is recursive and takes time that grows with the text, so both are bounded first. This is a
//! scanner, not a parser: what is not GraphQL is left to the parser to explain.

use async_graphql::{Pos, ServerError};

use crate::error::{Code, request_error};
use crate::limits::{NESTING_MAX, TOKENS_MAX};

/// Checks the size of a document.
///
/// # Errors
/// When it has too many tokens, or is nested too deep.
pub fn check(text: &str) -> Result<(), ServerError> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    let (mut tokens, mut nesting) = (0_usize, 0_usize);
    while let Some(token) = scanner.next_token() {
        tokens += 1;
        match token {
            Token::Open => nesting += 1,
            Token::Close => nesting = nesting.saturating_sub(1),
            Token::Other => {}
        }
        if tokens > TOKENS_MAX {
            let message = format!("the document has more than {TOKENS_MAX} tokens");
            return Err(request_error(Code::LimitExceeded, message, Some(scanner.position())));
        }
        if nesting > NESTING_MAX {
            let message = format!("the document is nested more than {NESTING_MAX} levels deep");
            return Err(request_error(Code::LimitExceeded, message, Some(scanner.position())));
        }
    }
    Ok(())
}

enum Token {
    Open,
    Close,
    Other,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        self.skip_ignored();
        let first = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match first {
            b'{' | b'(' | b'[' => Token::Open,
            b'}' | b')' | b']' => Token::Close,
            b'"' => {
                self.skip_string();
                Token::Other
            }
            byte if is_word(byte) => {
                self.skip_while(is_word);
                Token::Other
            }
            _ => Token::Other,
        })
    }

    fn skip_ignored(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n'),
                _ => break,
            }
        }
    }

    fn skip_while(&mut self, inside: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| inside(*byte)) {
            self.at += 1;
        }
    }

    fn skip_string(&mut self) {
        let block = self.bytes[self.at..].starts_with(b"\"\"");
        if block {
            self.at += 2;
        }
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' if !block => {
                    self.at += 1;
                    return;
                }
                b'"' if self.bytes[self.at..].starts_with(b"\"\"\"") => {
                    self.at += 3;
                    return;
                }
                b'\\' => self.at += if block && !self.bytes[self.at..].starts_with(b"\\\"\"\"") { 1 } else { 2 },
                _ => self.at += 1,
            }
        }
    }

    fn position(&self) -> Pos {
        let before = &self.bytes[..self.at.min(self.bytes.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(1, <[u8]>::len);
        Pos { line, column }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_inside_strings_and_comments_do_not_nest() {
        let braces = "{".repeat(NESTING_MAX + 1);
        check(&format!("{{ a(b: \"{braces}\") }}")).unwrap();
        check(&format!("{{ a(b: \"\"\"{braces} \\\"\"\" {braces}\"\"\") }}")).unwrap();
        check(&format!("# {braces}\n{{ a }}")).unwrap();
    }

    #[test]
    fn deep_nesting_is_refused_with_its_place() {
        let error = check(&format!("query {{\n{}", "a {".repeat(NESTING_MAX))).unwrap_err();
        assert_eq!(error.locations[0].line, 2);
    }

    #[test]
    fn long_documents_are_refused() {
        check(&format!("{{ {} }}", "a ".repeat(TOKENS_MAX - 2))).unwrap();
        assert!(check(&format!("{{ {} }}", "a ".repeat(TOKENS_MAX))).is_err());
    }

    #[test]
    fn an_unfinished_string_ends_with_the_text() {
        check("{ a(b: \"x").unwrap();
        check("{ a(b: \"\"\"x\\").unwrap();
        check("{ a(b: \"x\\").unwrap();
    }
}
