//! What a server answered.

use serde_json::Value;

/// An HTTP answer whose body is JSON.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// The data, when there are no errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "unexpected errors: {:#}", self.body);
        self.body.get("data").unwrap_or_else(|| panic!("no data: {self:?}"))
    }

    /// The message of the first error.
    #[track_caller]
    pub fn error(&self) -> &str {
        let message = self.body["errors"][0]["message"].as_str();
        message.unwrap_or_else(|| panic!("an error was expected: {self:?}"))
    }

    /// The code of the first error.
    #[track_caller]
    pub fn code(&self) -> &str {
        let code = self.body["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("an error with a code was expected: {self:?}"))
    }

    /// The position that the answer was read at.
    #[track_caller]
    pub fn position(&self) -> u64 {
        position(&self.body["extensions"]["position"])
    }
}

/// A position of an answer.
#[track_caller]
pub fn position(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("a position is text: {value}"));
    text.parse().unwrap_or_else(|_| panic!("a position is a number: {text}"))
}
