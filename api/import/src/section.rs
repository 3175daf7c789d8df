//! A section of a mapping, compiled for the columns of one file.

use std::sync::Arc;

use chrono_tz::Tz;

use super::condition::Condition;
use super::error::MappingError;
use super::fields::Field;
use super::filter::Compiler;
use super::lookup::Tables;
use super::mapping::{CommandRule, EnsureUse, Mapping, Occurred, OnChange, Pair, Section as Written};
use super::names::{EndedNames, SectionNames};
use super::pairing::PairDefinition;
use super::probe;
use super::template::Template;
use super::values::{self, ValueDefinition};

/// A compiled section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its values, each after those it refers to.
    pub values: Vec<ValueDefinition>,
    /// Rows to leave out.
    pub ignore: Option<Condition>,
    /// What names a row for ever.
    pub identity: Template,
    /// When the row's facts happened.
    pub occurred_at: Option<When>,
    /// Its pairs.
    pub pairs: Vec<PairDefinition>,
    /// Commands to carry out when a value is seen first.
    pub ensures: Vec<EnsureStep>,
    /// Commands of a row.
    pub commands: Vec<CommandStep>,
}

/// When something happened.
#[derive(Clone, Debug)]
pub struct When {
    /// Its time.
    pub value: Template,
    /// What to do without one.
    pub missing: Missing,
}

/// What to do with a row without a time.
#[derive(Clone, Debug)]
pub enum Missing {
    /// Reject it.
    Reject,
    /// Leave the command out.
    Ignore,
    /// Take the time of the row before.
    Previous,
    /// Take this time.
    Use(Template),
}

impl When {
    /// A time that stands in the mapping.
    ///
    /// # Errors
    /// In words, when it is not a time.
    pub fn fixed(text: &str, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let value = Template::compile(text, compiler)?;
        if value.constant().is_some_and(|text| fixed_time(text).is_none()) {
            return Err(format!("'{text}' is not a time like 2026-01-31T09:00:00Z"));
        }
        Ok(Self { value, missing: Missing::Reject })
    }
}

/// A command, compiled.
#[derive(Clone, Debug)]
pub struct CommandStep {
    /// What a person calls it, and the place that is part of its requests' identity.
    pub place: Arc<str>,
    /// Its name.
    pub command: String,
    /// When it is carried out.
    pub when: Condition,
    /// Carried out on rows that end this pair.
    pub pair: Option<usize>,
    /// How often.
    pub repeat: Option<Template>,
    /// When it happened; none = as the row.
    pub occurred_at: Option<When>,
    /// Who acts.
    pub actor: Option<Template>,
    /// What it has in common with others.
    pub correlation: Option<Template>,
    /// Its fields.
    pub fields: Field,
    /// The command that records a change; none = a change is rejected.
    pub revise: Option<(String, Field)>,
}

impl CommandStep {
    /// A command without a row.
    pub fn new(place: Arc<str>, command: &str, occurred_at: Option<When>, fields: Field) -> Self {
        Self {
            place,
            command: command.to_owned(),
            when: Condition::default(),
            pair: None,
            repeat: None,
            occurred_at,
            actor: None,
            correlation: None,
            fields,
            revise: None,
        }
    }
}

/// An `ensure` rule where it is applied.
#[derive(Clone, Debug)]
pub struct EnsureStep {
    /// Which rule; rules with one name mean one thing.
    pub rule: usize,
    /// The value.
    pub each: Template,
    /// When it is applied.
    pub when: Condition,
    /// The command.
    pub step: CommandStep,
}

/// Compiles a section for a file with these columns; without columns it checks what needs no file.
///
/// # Errors
/// Naming the place.
pub fn compile(
    mapping: &Mapping,
    section: &Written,
    columns: Option<&[String]>,
    tables: &Tables,
) -> Result<Section, MappingError> {
    let here = format!("section '{}'", section.name);
    let zone =
        zone_of(section.zone.as_ref().or(mapping.zone.as_ref())).map_err(|message| MappingError::at(&here, message))?;
    SectionCompiler { mapping, section, columns, tables, zone }.compile().map_err(|error| error.within(here))
}

/// The zone of a name; UTC without one.
///
/// # Errors
/// In words, when there is no such zone.
pub fn zone_of(name: Option<&String>) -> Result<Tz, String> {
    name.map_or(Ok(Tz::UTC), |name| {
        name.parse().map_err(|_| format!("'{name}' is not an IANA time zone like Europe/Moscow"))
    })
}

struct SectionCompiler<'a> {
    mapping: &'a Mapping,
    section: &'a Written,
    columns: Option<&'a [String]>,
    tables: &'a Tables,
    zone: Tz,
}

impl SectionCompiler<'_> {
    fn compile(&self) -> Result<Section, MappingError> {
        let mut names = SectionNames::new(self.columns);
        let values = values::compile(&self.section.values, &mut names, &mut |names, rule| {
            values::compile_rule(rule, &mut self.with(names))
        })?;
        let names = &mut names;
        let written = self.section;
        let ignore = written.ignore.as_ref().map(|source| self.condition(source, names)).transpose();
        let ignore = ignore.map_err(|message| MappingError::at("ignore", message))?;
        let identity =
            self.template(&written.identity, names).map_err(|message| MappingError::at("identity", message))?;
        let occurred_at = written.occurred_at.as_ref().map(|source| self.when(source, names)).transpose();
        let occurred_at = occurred_at.map_err(|message| MappingError::at("occurred_at", message))?;
        let mut pairs = written.pair.iter().map(|pair| self.pair(pair, names)).collect::<Result<Vec<_>, _>>()?;
        let ensures = written.ensure.iter().map(|ensure| self.ensure(ensure, names)).collect::<Result<Vec<_>, _>>()?;
        let commands = self.commands(names, &mut pairs)?;
        Ok(Section { values, ignore, identity, occurred_at, pairs, ensures, commands })
    }

    fn with<'n, 'c: 'n>(&'n self, names: &'n mut SectionNames<'c>) -> Compiler<'n> {
        Compiler { names, tables: self.tables, zone: self.zone }
    }

    fn template(&self, source: &str, names: &mut SectionNames<'_>) -> Result<Template, String> {
        Template::compile(source, &mut self.with(names))
    }

    fn condition(&self, source: &toml::Value, names: &mut SectionNames<'_>) -> Result<Condition, String> {
        Condition::compile(source, &mut self.with(names))
    }

    fn when(&self, source: &Occurred, names: &mut SectionNames<'_>) -> Result<When, String> {
        let (value, missing) = match source {
            Occurred::Value(value) => (value, None),
            Occurred::WithRule { value, missing } => (value, Some(missing.as_str())),
        };
        let missing = match missing {
            None | Some("reject") => Missing::Reject,
            Some("ignore") => Missing::Ignore,
            Some("previous") => Missing::Previous,
            Some(text) => {
                let template = self.template(text, names)?;
                if template.constant().is_some_and(|text| fixed_time(text).is_none()) {
                    return Err(format!(
                        "'{text}' is not reject, ignore, previous, or a time like 2026-01-31T09:00:00Z"
                    ));
                }
                Missing::Use(template)
            }
        };
        Ok(When { missing, ..When::fixed(value, &mut self.with(names))? })
    }

    /// The time of a command or an ensure rule. Only a section knows the row before.
    fn own_when(&self, source: &Occurred, names: &mut SectionNames<'_>) -> Result<When, String> {
        let when = self.when(source, names)?;
        match when.missing {
            Missing::Previous => Err("missing = \"previous\" belongs to the occurred_at of a section; here it is \
                                      'reject', 'ignore' or a template"
                .to_owned()),
            _ => Ok(when),
        }
    }

    fn pair(&self, pair: &Pair, names: &mut SectionNames<'_>) -> Result<PairDefinition, MappingError> {
        let told = |message| MappingError::at(format!("pair '{}'", pair.name), message);
        Ok(PairDefinition {
            name: pair.name.clone(),
            key: self.template(&pair.key, names).map_err(told)?,
            start: self.condition(&pair.start, names).map_err(told)?,
            end: self.condition(&pair.end, names).map_err(told)?,
            time: pair.time.as_ref().map(|time| self.template(time, names)).transpose().map_err(told)?,
            kept: Vec::new(),
        })
    }

    fn ensure(&self, used: &EnsureUse, names: &mut SectionNames<'_>) -> Result<EnsureStep, MappingError> {
        let place = format!("ensure '{}'", used.rule);
        let told = |message| MappingError::at(&place, message);
        let Some((index, (_, rule))) =
            self.mapping.ensure.iter().enumerate().find(|(_, (name, _))| **name == used.rule)
        else {
            let known: Vec<&str> = self.mapping.ensure.keys().map(String::as_str).collect();
            return Err(told(format!("there is no such rule; the rules are: {}", known.join(", "))));
        };
        let each = self.template(&used.each, names).map_err(told)?;
        let when = used.when.as_ref().map(|when| self.condition(when, names)).transpose().map_err(told)?;
        names.has_each = true;
        let fields = Field::compile_table(&rule.fields, &mut self.with(names));
        let occurred_at = rule.occurred_at.as_ref().map(|source| self.own_when(source, names)).transpose();
        names.has_each = false;
        let fields = fields.map_err(told)?;
        probe::check(&rule.command, &fields).map_err(told)?;
        let place = format!("ensure/{}", used.rule).into();
        let step = CommandStep::new(place, &rule.command, occurred_at.map_err(told)?, fields);
        Ok(EnsureStep { rule: index, each, when: when.unwrap_or_default(), step })
    }

    fn commands(
        &self,
        names: &mut SectionNames<'_>,
        pairs: &mut [PairDefinition],
    ) -> Result<Vec<CommandStep>, MappingError> {
        let mut steps: Vec<CommandStep> = Vec::new();
        for (index, rule) in self.section.command.iter().enumerate() {
            let told = |message| MappingError::at(format!("command {} ({})", index + 1, rule.command), message);
            let earlier = steps.iter().filter(|step| step.command == rule.command).count();
            let id = rule.id.clone().unwrap_or_else(|| match earlier {
                0 => rule.command.clone(),
                earlier => format!("{}#{}", rule.command, earlier + 1),
            });
            let place: Arc<str> = format!("{}/{id}", self.section.name).into();
            if steps.iter().any(|step| step.place == place) {
                return Err(told(format!("another command of the section has the id '{id}' too")));
            }
            let pair = rule.pair.as_ref().map(|name| find_pair(name, pairs)).transpose().map_err(told)?;
            names.pair = pair
                .map(|pair| EndedNames { name: pairs[pair].name.clone(), kept: std::mem::take(&mut pairs[pair].kept) });
            let step = self.command(rule, place, pair, names).map_err(told);
            if let (Some(pair), Some(ended)) = (pair, names.pair.take()) {
                pairs[pair].kept = ended.kept;
            }
            steps.push(step?);
        }
        Ok(steps)
    }

    fn command(
        &self,
        rule: &CommandRule,
        place: Arc<str>,
        pair: Option<usize>,
        names: &mut SectionNames<'_>,
    ) -> Result<CommandStep, String> {
        let section = self.section;
        let when = rule.when.as_ref().map(|when| self.condition(when, names)).transpose()?.unwrap_or_default();
        let repeat = rule.repeat.as_ref().map(|repeat| self.template(repeat, names)).transpose()?;
        names.has_repeat = repeat.is_some();
        let fields = self.checked(&rule.command, &rule.fields, names)?;
        let revise = match (&rule.revise, rule.on_change) {
            (Some(revise), _) => Some((revise.command.clone(), self.checked(&revise.command, &revise.fields, names)?)),
            (None, OnChange::Revise) => Some((rule.command.clone(), fields.clone())),
            (None, OnChange::Reject) => None,
        };
        let occurred_at = match (&rule.occurred_at, pair) {
            (Some(source), _) => Some(self.own_when(source, names)?),
            (None, Some(_)) => Some(When { value: self.started_at(names)?, missing: Missing::Reject }),
            (None, None) => None,
        };
        let optional = |source: &Option<String>, names: &mut SectionNames<'_>| {
            source.as_ref().map(|source| self.template(source, names)).transpose()
        };
        let actor = optional(&rule.actor.clone().or_else(|| section.actor.clone()), names)?;
        let correlation = optional(&section.correlation, names)?;
        names.has_repeat = false;
        let command = rule.command.clone();
        Ok(CommandStep { place, command, when, pair, repeat, occurred_at, actor, correlation, fields, revise })
    }

    fn checked(&self, command: &str, fields: &toml::Table, names: &mut SectionNames<'_>) -> Result<Field, String> {
        let fields = Field::compile_table(fields, &mut self.with(names))?;
        probe::check(command, &fields)?;
        Ok(fields)
    }

    fn started_at(&self, names: &mut SectionNames<'_>) -> Result<Template, String> {
        let name = names.pair.as_ref().map(|pair| pair.name.clone()).unwrap_or_default();
        self.template(&format!("${{{name}.started_at}}"), names)
    }
}

fn find_pair(name: &str, pairs: &[PairDefinition]) -> Result<usize, String> {
    pairs.iter().position(|pair| pair.name == name).ok_or_else(|| format!("there is no pair '{name}' in the section"))
}

fn fixed_time(text: &str) -> Option<letopis_domain::values::Timestamp> {
    super::time_format::TimeFormat::rfc3339().time(text).ok()
}
