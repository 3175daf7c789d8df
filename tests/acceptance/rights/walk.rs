//! Every field of the schema, asked by every role: what the schema has is read from the server, so that a new field is
//! asked from its first day, and what each field may show is read from the list of classes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use letopis::engine::{Class, class};
use letopis_domain::access::{Fields, Role};
use serde_json::{Value, json};

use super::company::{AMOUNT, COMMENT, Company, HIDDEN, HIDDEN_AMOUNT, PERSONAL};

const INTROSPECTION: &str = "{ __schema { types { kind name fields { name args { name defaultValue type { ...T } } \
    type { ...T } } enumValues { name } possibleTypes { name } } } } \
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// A field: its arguments that must be given, and the type it leads to.
struct Field {
    required: Vec<(String, String)>,
    leads_to: String,
}

/// The types of the schema that have fields.
struct Schema {
    types: BTreeMap<String, BTreeMap<String, Field>>,
    enums: BTreeMap<String, String>,
    interfaces: BTreeMap<String, Vec<String>>,
}

fn named(ty: &Value) -> &str {
    if ty["ofType"].is_null() { ty["name"].as_str().unwrap() } else { named(&ty["ofType"]) }
}

impl Schema {
    fn read(company: &Company) -> Self {
        let schema = company.app.data(INTROSPECTION);
        let (mut types, mut enums, mut interfaces) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for found in schema["__schema"]["types"].as_array().unwrap() {
            let name = found["name"].as_str().unwrap().to_owned();
            match found["kind"].as_str().unwrap() {
                "OBJECT" if !name.starts_with("__") => {
                    let fields = found["fields"].as_array().unwrap().iter().map(field).collect();
                    types.insert(name, fields);
                }
                "INTERFACE" => {
                    let possible = found["possibleTypes"].as_array().unwrap().iter();
                    let possible = possible.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
                    interfaces.insert(name, possible);
                }
                "ENUM" => {
                    enums.insert(name, found["enumValues"][0]["name"].as_str().unwrap().to_owned());
                }
                _ => {}
            }
        }
        Self { types, enums, interfaces }
    }

    fn is_object(&self, name: &str) -> bool {
        self.types.contains_key(name) || self.interfaces.contains_key(name)
    }

    /// The objects that a field may lead to.
    fn objects(&self, name: &str) -> Vec<String> {
        match self.interfaces.get(name) {
            Some(possible) => possible.clone(),
            None if self.types.contains_key(name) => vec![name.to_owned()],
            None => Vec::new(),
        }
    }
}

fn field(found: &Value) -> (String, Field) {
    let args = found["args"].as_array().unwrap().iter();
    let required = args.filter(|arg| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null());
    let required = required.map(|arg| (arg["name"].as_str().unwrap().to_owned(), named(&arg["type"]).to_owned()));
    let leads_to = named(&found["type"]).to_owned();
    (found["name"].as_str().unwrap().to_owned(), Field { required: required.collect(), leads_to })
}

/// What is known to ask with.
struct Walk {
    schema: Schema,
    /// A global id by the type of what it names.
    ids: BTreeMap<String, String>,
    checkpoint: String,
}

impl Walk {
    fn new(company: &Company) -> Self {
        let schema = Schema::read(company);
        let anna = &company.anna;
        let known = [&anna.lead, &anna.account, &anna.contact, &anna.deal, &anna.agreement, &anna.reservation];
        let known = known.into_iter().chain([&anna.task, &anna.call, &anna.subject, &anna.employee, &company.pipeline]);
        let mut ids = BTreeMap::new();
        for id in known {
            let node = company.app.data(&format!("{{ node(id: \"{id}\") {{ __typename id }} }}"));
            ids.insert(node["node"]["__typename"].as_str().unwrap().to_owned(), id.clone());
        }
        let more = company.app.data(&format!(
            "{{ employee(id: \"{}\") {{ team {{ id unit {{ id }} }} }} dataSubject(id: \"{}\") {{ legalHolds {{ id }} }} }}",
            anna.employee, anna.subject
        ));
        for (name, id) in [
            ("Team", &more["employee"]["team"]["id"]),
            ("BusinessUnit", &more["employee"]["team"]["unit"]["id"]),
            ("LegalHold", &more["dataSubject"]["legalHolds"][0]["id"]),
        ] {
            ids.insert(name.to_owned(), id.as_str().unwrap().to_owned());
        }
        let checkpoint = company.app.data("{ log { checkpoint } }")["log"]["checkpoint"].as_str().unwrap().to_owned();
        Self { schema, ids, checkpoint }
    }

    /// A field with the arguments it needs; none where the walk has nothing to give.
    fn call(&self, name: &str, field: &Field, by_id: bool) -> Option<String> {
        if !by_id && field.required.iter().any(|(argument, _)| argument == "id" || argument == "ids") {
            return None;
        }
        let mut given = Vec::new();
        for (argument, ty) in &field.required {
            let value = match (argument.as_str(), ty.as_str()) {
                ("id", _) => json!(self.ids.get(&field.leads_to).or_else(|| self.ids.get("Lead"))?).to_string(),
                ("ids", _) => json!(self.ids.values().collect::<Vec<_>>()).to_string(),
                ("since", _) => json!(self.checkpoint).to_string(),
                (_, "Position") => "\"20\"".to_owned(),
                (_, other) => self.schema.enums.get(other)?.clone(),
            };
            given.push(format!("{argument}: {value}"));
        }
        if name == "dataSubjects" {
            given.push("phone: \"+31 20 555 01 01\"".to_owned());
        }
        Some(if given.is_empty() { name.to_owned() } else { format!("{name}({})", given.join(", ")) })
    }

    /// The shortest ways from a query to every type that is reached by one, as text before and after a selection: by the
    /// ids of single things, or through lists, which show things of every state.
    fn ways(&self, by_id: bool) -> BTreeMap<String, (String, String)> {
        let mut ways = BTreeMap::from([("Query".to_owned(), (String::new(), String::new()))]);
        let mut next = VecDeque::from(["Query".to_owned()]);
        while let Some(parent) = next.pop_front() {
            let (before, after) = ways[&parent].clone();
            for (name, field) in &self.schema.types[&parent] {
                for object in self.schema.objects(&field.leads_to) {
                    let Some(call) = self.call(name, field, by_id) else { continue };
                    if ways.contains_key(&object) {
                        continue;
                    }
                    let is_one_of = self.schema.interfaces.contains_key(&field.leads_to);
                    let open = if is_one_of { format!("... on {object} {{") } else { String::new() };
                    let close = if is_one_of { "}" } else { "" };
                    let call = if is_one_of { self.of_node(name, &object, call) } else { call };
                    ways.insert(
                        object.clone(),
                        (format!("{before}{call} {{ __typename {open}"), format!("{close}}} {after}")),
                    );
                    next.push_back(object);
                }
            }
        }
        ways
    }

    /// An interface is asked by the id of the very object.
    fn of_node(&self, name: &str, object: &str, call: String) -> String {
        match self.ids.get(object) {
            Some(id) if name == "node" => format!("node(id: \"{id}\")"),
            _ => call,
        }
    }

    /// A question for one field of a type.
    fn question(&self, way: &(String, String), name: &str, field: &Field) -> Option<String> {
        let call = self.call(name, field, true)?;
        let below = match field.leads_to.as_str() {
            // What these hold is of the class of the field that leads to them.
            "Money" => " { amount }",
            object if self.schema.is_object(object) => " { __typename }",
            _ => "",
        };
        Some(format!("{{ {}{call}{below} {} }}", way.0, way.1))
    }
}

/// What a text in an answer tells.
const MARKS: [(&str, Class); 4] =
    [(PERSONAL, Class::Personal), ("555 01 01", Class::Personal), (COMMENT, Class::Comment), (AMOUNT, Class::Money)];

/// Whether a role sees what a class is of.
fn may_see(role: Role, class: Class) -> bool {
    let needed = match class {
        Class::Personal => Fields::PERSONAL,
        Class::Comment => Fields::COMMENTS,
        Class::Money => Fields::MONEY,
        Class::Row | Class::Content | Class::Colleague => Fields::ROW,
    };
    role.fields().holds(needed)
}

/// Whether a field of a class may show what a mark is of.
fn may_hold(field: Class, mark: Class) -> bool {
    field == mark || matches!(field, Class::Content) || (field == Class::Personal && mark == Class::Comment)
}

#[test]
fn every_field_shows_to_every_role_what_its_class_allows() {
    let company = Company::found();
    let walk = Walk::new(&company);
    let ways = [walk.ways(true), walk.ways(false)];
    let keys: Vec<(Role, String)> = Role::ALL
        .iter()
        .map(|role| match role {
            Role::Representative => (*role, company.anna.key.clone()),
            Role::Integration => (*role, company.employee(role.as_str(), None).1),
            role => (*role, company.employee(role.as_str(), Some("ALL")).1),
        })
        .collect();
    let (mut shown, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut unasked: Vec<String> = Vec::new();
    for (parent, fields) in &walk.schema.types {
        for (name, field) in fields {
            let coordinate = format!("{parent}.{name}");
            let questions = ways.iter().filter_map(|ways| walk.question(ways.get(parent)?, name, field));
            let questions: BTreeSet<String> = questions.collect();
            if questions.is_empty() {
                unasked.push(coordinate);
                continue;
            }
            let class = class(&coordinate).unwrap_or_else(|| panic!("{coordinate} has no class"));
            for (question, (role, key)) in
                questions.iter().flat_map(|question| keys.iter().map(move |key| (question, key)))
            {
                let answer = company.app.request(question).by(key).send().body.to_string();
                wrong.extend(
                    faults(*role, &coordinate, class, &answer).map(|fault| format!("{fault}: {question}\n{answer}")),
                );
                shown.extend(MARKS.iter().any(|(mark, _)| answer.contains(mark)).then(|| coordinate.clone()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Answers of commands are asked where commands are tested; nothing else may be out of reach of a query.
    let known = |coordinate: &String| {
        let parent = coordinate.split('.').next().unwrap();
        parent.ends_with("Payload") || ["Mutation", "Subscription", "UserError", "Conflict"].contains(&parent)
    };
    let rest: Vec<_> = unasked.iter().filter(|coordinate| !known(coordinate)).collect();
    assert!(rest.is_empty(), "no role was asked for {rest:?}");
    // A walk that meets nobody proves nothing: whatever has a class of its own was shown to somebody.
    let classed =
        walk.schema.types.iter().flat_map(|(parent, fields)| fields.keys().map(move |name| format!("{parent}.{name}")));
    let never: Vec<String> = classed
        .filter(|field| !matches!(class(field), Some(Class::Row | Class::Colleague)))
        .filter(|field| !shown.contains(field) && !NEVER_MARKED.contains(&field.as_str()))
        .collect();
    assert!(never.is_empty(), "these were never seen to show what their class says: {never:?}");
}

/// Fields whose values carry no mark here: attributes, which the company has none of, what is signed or derived, and whom
/// something is about.
const NEVER_MARKED: &[&str] = &[
    "Account.attributes",
    "Contact.attributes",
    "Lead.attributes",
    "Opportunity.attributes",
    "Attribute.value",
    "GroupValue.value",
    "DataSubject.consents",
    "Query.dataSubjects",
    "LeadConversionGroup.wonAmount",
    "RecordedEvent.proof",
];

/// What is wrong about what a role is shown of a field.
fn faults(role: Role, coordinate: &str, class: Class, answer: &str) -> impl Iterator<Item = String> {
    let marks = MARKS.into_iter().filter(|(mark, _)| answer.contains(mark));
    let shown = marks.filter_map(move |(_, of)| {
        if !may_see(role, of) {
            return Some(format!("{of:?} is shown to {role:?}"));
        }
        if role == Role::Integration {
            return Some("an integration is shown what it did not record".to_owned());
        }
        (!may_hold(class, of)).then(|| format!("{of:?} is shown by a field of the class {class:?}"))
    });
    let is_own = role == Role::Representative;
    let hidden = [HIDDEN, HIDDEN_AMOUNT].into_iter().filter(|mark| is_own && answer.contains(mark));
    let hidden = hidden.map(|mark| format!("a customer of somebody else is shown by '{mark}'"));
    let coordinate = coordinate.to_owned();
    let faults: Vec<String> = shown.chain(hidden).map(|fault| format!("{coordinate}: {fault}")).collect();
    faults.into_iter()
}
