//! Templates: text with `${name | filter argument | …}` inside; a name in single quotes is a text itself.
//!
//! A template that is one `${…}` and nothing else keeps the type of its value; any other becomes text. When a
//! name in such a text has no value, the whole text has none, so that no half-filled values arise.

use super::error::RowError;
use super::filter::{Compiler, Filter, Kind};
use super::scope::{Scope, Slot};
use super::value::Value;

/// A compiled template.
#[derive(Clone, Debug)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Expression(Expression),
}

#[derive(Clone, Debug)]
struct Expression {
    source: String,
    head: Head,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug)]
enum Head {
    Slot(Slot),
    Literal(String),
}

impl Template {
    /// Compiles a text; `$$` stands for one `$`.
    ///
    /// # Errors
    /// In words, when the syntax, a name, a filter or an argument is wrong.
    pub fn compile(source: &str, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('$') {
                text.push('$');
                rest = after;
            } else if let Some(after) = after.strip_prefix('{') {
                let end = closing_brace(after).ok_or_else(|| format!("'${{' without '}}' in '{source}'"))?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Expression(Expression::compile(&after[..end], compiler)?));
                rest = &after[end + 1..];
            } else {
                return Err(format!("a lone '$' in '{source}'; write '$$' for the sign, '${{name}}' for a value"));
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text, when nothing in it depends on a row.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What kind of value it yields.
    pub fn kind(&self) -> Kind {
        match self.parts.as_slice() {
            [Part::Expression(expression)] => {
                let head = match expression.head {
                    Head::Slot(slot) => Kind::of_slot(slot),
                    Head::Literal(_) => Kind::Text,
                };
                expression.filters.iter().fold(head, |kind, filter| filter.kind(kind))
            }
            _ => Kind::Text,
        }
    }

    /// Its value for a row.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, RowError> {
        if let [Part::Expression(expression)] = self.parts.as_slice() {
            return expression.evaluate(scope);
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(constant) => text.push_str(constant),
                Part::Expression(expression) => {
                    let value = expression.evaluate(scope)?;
                    if value.is_nothing() {
                        return Ok(Value::Nothing);
                    }
                    text.push_str(&value.to_text());
                }
            }
        }
        Ok(Value::Text(text))
    }
}

impl Expression {
    fn compile(source: &str, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let mut steps = split_pipes(source).into_iter();
        let head = match steps.next().unwrap_or_default().trim() {
            "" => return Err(format!("'${{{source}}}' names no value")),
            name => match name.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
                Some(literal) => Head::Literal(literal.to_owned()),
                None => Head::Slot(compiler.names.slot(name)?),
            },
        };
        let filters = steps
            .map(|step| {
                let words = words(step)?;
                Filter::compile(&words, compiler).map_err(|message| format!("in '${{{source}}}': {message}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { source: source.to_owned(), head, filters })
    }

    fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, RowError> {
        let mut value = match &self.head {
            Head::Slot(slot) => scope.value(*slot)?,
            Head::Literal(text) => Value::Text(text.clone()),
        };
        for filter in &self.filters {
            value = filter.apply(value, scope).map_err(|error| error.within(format_args!("${{{}}}", self.source)))?;
        }
        Ok(value)
    }
}

/// Where the brace that ends the expression stands, outside quotes.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, letter)| {
        quoted ^= letter == '\'';
        (letter == '}' && !quoted).then_some(at)
    })
}

fn split_pipes(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|letter| {
        quoted ^= letter == '\'';
        letter == '|' && !quoted
    })
    .collect()
}

/// Words separated by blanks; single quotes keep blanks together.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '\'' {
            quoted = !quoted;
            word.get_or_insert_default();
        } else if letter.is_whitespace() && !quoted {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(letter);
        }
    }
    if quoted {
        return Err(format!("a quote is not closed in '{}'", text.trim()));
    }
    words.extend(word);
    if words.is_empty() { Err("a filter is missing after '|'".to_owned()) } else { Ok(words) }
}

#[cfg(test)]
mod tests;
