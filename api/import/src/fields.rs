//! The fields of a command as a mapping writes them: constants, templates, tables, lists.

use serde_json::{Map, Value as Json};
use toml::{Table, Value as Toml};

use super::condition::Condition;
use super::error::RowError;
use super::filter::Compiler;
use super::scope::Scope;
use super::template::Template;

/// Key that makes a table depend on a condition.
const WHEN: &str = "_when";

/// A compiled field.
#[derive(Clone, Debug)]
pub enum Field {
    /// The same for every row.
    Constant(Json),
    /// What the row says.
    Template(Template),
    /// A table; absent when its condition does not hold.
    Table {
        /// The condition.
        when: Option<Condition>,
        /// The fields of the table.
        fields: Vec<(String, Field)>,
    },
    /// A list; absent elements are left out.
    List(Vec<Field>),
}

impl Field {
    /// Compiles the table of a command.
    ///
    /// # Errors
    /// In words, naming the field.
    pub fn compile_table(table: &Table, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let mut when = None;
        let mut fields = Vec::with_capacity(table.len());
        for (key, value) in table {
            let told = |message: String| format!("field '{key}': {message}");
            if key == WHEN {
                when = Some(Condition::compile(value, compiler).map_err(told)?);
            } else {
                fields.push((key.clone(), Self::compile(value, compiler).map_err(told)?));
            }
        }
        Ok(Self::Table { when, fields })
    }

    fn compile(source: &Toml, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        Ok(match source {
            Toml::String(text) => {
                let template = Template::compile(text, compiler)?;
                match template.constant() {
                    Some(text) => Self::Constant(Json::String(text.to_owned())),
                    None => Self::Template(template),
                }
            }
            Toml::Integer(number) => Self::Constant(Json::from(*number)),
            Toml::Float(number) => Self::Constant(Json::from(*number)),
            Toml::Boolean(flag) => Self::Constant(Json::Bool(*flag)),
            Toml::Datetime(time) => Self::Constant(Json::String(time.to_string())),
            Toml::Array(values) => {
                Self::List(values.iter().map(|value| Self::compile(value, compiler)).collect::<Result<_, _>>()?)
            }
            Toml::Table(table) => Self::compile_table(table, compiler)?,
        })
    }

    /// The field's content for a row; none = absent.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Option<Json>, RowError> {
        Ok(match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Template(template) => template.evaluate(scope)?.into_json(),
            Self::Table { when, fields } => {
                if let Some(when) = when
                    && !when.holds(scope)?
                {
                    return Ok(None);
                }
                let mut object = Map::new();
                for (key, field) in fields {
                    let value = field.evaluate(scope).map_err(|error| error.within(format_args!("field '{key}'")))?;
                    if let Some(value) = value {
                        object.insert(key.clone(), value);
                    }
                }
                Some(Json::Object(object))
            }
            Self::List(elements) => {
                let mut values = Vec::with_capacity(elements.len());
                for element in elements {
                    values.extend(element.evaluate(scope)?);
                }
                Some(Json::Array(values))
            }
        })
    }
}
