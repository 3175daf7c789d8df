//! Values of a section: computed for each row, or carried from row to row.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::condition::Condition;
use super::error::{MappingError, RowError};
use super::filter::{Compiler, Kind};
use super::mapping::{Carried, ValueRule};
use super::names::SectionNames;
use super::scope::{Scope, Slot};
use super::template::Template;
use super::value::Value;

/// One value of a section, compiled.
#[derive(Clone, Debug)]
pub struct ValueDefinition {
    name: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    Computed(Template),
    Set { key: Option<Template>, start: Value, set: Template, when: Condition },
    Counter { key: Option<Template>, start: Decimal, add: Decimal, watched: Template },
}

/// What is carried, per value and key.
#[derive(Clone, Debug, Default)]
pub struct CarriedState {
    values: Vec<FxHashMap<String, Value>>,
    watched: Vec<FxHashMap<String, Decimal>>,
}

/// Compiles the values of a section, each after those it refers to, and puts their names into `names`.
///
/// # Errors
/// Naming the value, when it is wrong or refers to itself in a circle.
pub fn compile(
    rules: &BTreeMap<String, ValueRule>,
    names: &mut SectionNames<'_>,
    compile_with: &mut dyn FnMut(&mut SectionNames<'_>, &ValueRule) -> Result<Rules, String>,
) -> Result<Vec<ValueDefinition>, MappingError> {
    let mut definitions = Vec::with_capacity(rules.len());
    for name in order(rules, compile_with)? {
        let Some(rule) = rules.get(&name) else { continue };
        names.defining = matches!(rule, ValueRule::Carried(_)).then(|| name.clone());
        let Rules(rule) =
            compile_with(names, rule).map_err(|message| MappingError::at(format!("value '{name}'"), message))?;
        names.defining = None;
        names.values.insert(name.clone(), Slot::Value(definitions.len(), rule.kind()));
        definitions.push(ValueDefinition { name, rule });
    }
    Ok(definitions)
}

/// A compiled rule, opaque to others.
pub struct Rules(Rule);

/// Compiles one rule.
///
/// # Errors
/// In words.
pub fn compile_rule(rule: &ValueRule, compiler: &mut Compiler<'_>) -> Result<Rules, String> {
    let carried = match rule {
        ValueRule::Template(template) => return Ok(Rules(Rule::Computed(Template::compile(template, compiler)?))),
        ValueRule::Carried(carried) => carried,
    };
    let key = carried.key.as_ref().map(|key| Template::compile(key, compiler)).transpose()?;
    match carried {
        Carried { set: Some(set), when_falls: None, add: None, start, when, .. } => Ok(Rules(Rule::Set {
            key,
            start: match start {
                None => Value::Nothing,
                Some(toml::Value::String(text)) => Value::Text(text.clone()),
                Some(other) => Value::Text(other.to_string()),
            },
            set: Template::compile(set, compiler)?,
            when: when.as_ref().map(|when| Condition::compile(when, compiler)).transpose()?.unwrap_or_default(),
        })),
        Carried { set: None, when: None, when_falls: Some(watched), start: Some(start), add, .. } => {
            let start = start.as_integer().ok_or("'start' of a number that is raised is a whole number")?;
            Ok(Rules(Rule::Counter {
                key,
                start: start.into(),
                add: add.unwrap_or(1).into(),
                watched: Template::compile(watched, compiler)?,
            }))
        }
        _ => Err(
            "a carried value has 'set' (with 'start', 'when', 'key'), or 'start' and 'when_falls' (with 'add', 'key')"
                .to_owned(),
        ),
    }
}

/// The names in an order in which each follows those it refers to.
fn order(
    rules: &BTreeMap<String, ValueRule>,
    compile_with: &mut dyn FnMut(&mut SectionNames<'_>, &ValueRule) -> Result<Rules, String>,
) -> Result<Vec<String>, MappingError> {
    let mut needs: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (name, rule) in rules {
        let mut names = SectionNames::new(None);
        compile_with(&mut names, rule).map_err(|message| MappingError::at(format!("value '{name}'"), message))?;
        needs
            .insert(name, names.asked.into_iter().filter(|asked| asked != name && rules.contains_key(asked)).collect());
    }
    let mut ordered: Vec<String> = Vec::new();
    while ordered.len() < rules.len() {
        let ready = needs
            .iter()
            .find(|(name, needed)| !ordered.contains(name) && needed.iter().all(|needed| ordered.contains(needed)));
        let Some((name, _)) = ready else {
            let circle: Vec<&str> = rules.keys().filter(|name| !ordered.contains(name)).map(String::as_str).collect();
            return Err(MappingError::at("values", format!("{} refer to each other in a circle", circle.join(", "))));
        };
        ordered.push((*name).clone());
    }
    Ok(ordered)
}

impl Rule {
    /// What kind of value it yields.
    fn kind(&self) -> Kind {
        match self {
            Self::Computed(template) => template.kind(),
            Self::Set { start: Value::Nothing, set, .. } => set.kind(),
            Self::Set { .. } => Kind::Any,
            Self::Counter { .. } => Kind::Number,
        }
    }
}

impl CarriedState {
    /// Nothing carried yet.
    pub fn new(definitions: &[ValueDefinition]) -> Self {
        Self {
            values: vec![FxHashMap::default(); definitions.len()],
            watched: vec![FxHashMap::default(); definitions.len()],
        }
    }

    /// Evaluates all values for a row. An error stays with its value and counts where the value is used.
    pub fn advance(&mut self, definitions: &[ValueDefinition], scope: Scope<'_>) -> Vec<Result<Value, RowError>> {
        let mut values = Vec::with_capacity(definitions.len());
        for (index, definition) in definitions.iter().enumerate() {
            let value = self.evaluate(index, &definition.rule, Scope { values: &values, ..scope });
            values.push(value.map_err(|error| error.within(format_args!("value '{}'", definition.name))));
        }
        values
    }

    fn evaluate(&mut self, index: usize, rule: &Rule, scope: Scope<'_>) -> Result<Value, RowError> {
        let key_of = |key: &Option<Template>| {
            key.as_ref().map_or(Ok(String::new()), |key| key.evaluate(&scope).map(|value| value.to_text()))
        };
        match rule {
            Rule::Computed(template) => template.evaluate(&scope),
            Rule::Set { key, start, set, when } => {
                let carried = &mut self.values[index];
                let key = key_of(key)?;
                let previous = carried.get(&key).unwrap_or(start);
                let scope = Scope { previous: Some(previous), ..scope };
                if when.holds(&scope)? {
                    let value = set.evaluate(&scope)?;
                    if !value.is_nothing() {
                        carried.insert(key, value.clone());
                        return Ok(value);
                    }
                }
                Ok(previous.clone())
            }
            Rule::Counter { key, start, add, watched } => {
                let key = key_of(key)?;
                let current = match self.values[index].get(&key) {
                    Some(Value::Number(number)) => *number,
                    _ => *start,
                };
                let seen = watched.evaluate(&scope)?;
                if seen.is_nothing() {
                    return Ok(Value::Number(current));
                }
                let text = seen.to_text();
                let seen: Decimal = text.parse().map_err(|_| RowError::invalid(format!("'{text}' is not a number")))?;
                let fell = self.watched[index].insert(key.clone(), seen).is_some_and(|before| seen < before);
                let current = if fell { current + *add } else { current };
                self.values[index].insert(key, Value::Number(current));
                Ok(Value::Number(current))
            }
        }
    }
}
