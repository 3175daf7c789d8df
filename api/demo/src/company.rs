//! What the company publishes about itself: units, teams, people, pipelines, reasons, attributes.

use letopis_domain::access::{DeclareAbsence, GrantRole, Role};
use letopis_domain::attribute::{AttributeDefinition, AttributeType, EntityKind, PublishAttributes};
use letopis_domain::catalog::{CatalogKind, Claim, PublishReasonCatalog, Reason};
use letopis_domain::employee::{EmployeeKind, FormBusinessUnit, FormTeam, HireEmployee, PublishCompanyProfile};
use letopis_domain::ids::{BusinessUnitId, EmployeeId, PipelineId, TeamId};
use letopis_domain::pipeline::{PublishPipeline, Stage, StageCategory};
use letopis_domain::values::{Period, PersonName};

use super::chance::Chance;
use super::people::{HABITS, Seller};
use super::scribe::{DemoError, Scribe};

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The company.
pub struct Company {
    /// Its sellers.
    pub sellers: Vec<Seller>,
    /// Its teams.
    pub teams: Vec<TeamId>,
    /// The machine that takes in what the web form brings.
    pub web: EmployeeId,
    /// The pipelines of print and of digital advertising.
    pub pipelines: [PipelineId; 2],
}

/// Stages of print advertising, first version.
pub const PRINT: &[(&str, &str, StageCategory, u8)] = &[
    ("CONTACT", "First talk", StageCategory::Qualification, 15),
    ("OFFER", "Offer sent", StageCategory::Proposal, 35),
    ("TALKS", "Talks", StageCategory::Negotiation, 60),
    ("CONTRACT", "Contract", StageCategory::Commitment, 90),
];

/// Stages of print advertising, second version: the layout comes before the contract.
pub const PRINT_2: &[(&str, &str, StageCategory, u8)] = &[
    ("CONTACT", "First talk", StageCategory::Qualification, 12),
    ("OFFER", "Offer sent", StageCategory::Proposal, 30),
    ("TALKS", "Talks", StageCategory::Negotiation, 55),
    ("LAYOUT", "Layout approved", StageCategory::Negotiation, 75),
    ("CONTRACT", "Contract", StageCategory::Commitment, 92),
];

/// Stages of digital advertising.
pub const DIGITAL: &[(&str, &str, StageCategory, u8)] = &[
    ("BRIEF", "Brief", StageCategory::Qualification, 20),
    ("PROPOSAL", "Media plan", StageCategory::Proposal, 45),
    ("APPROVAL", "Approval", StageCategory::Commitment, 80),
];

/// A version of a pipeline.
pub fn pipeline(pipeline: PipelineId, name: &str, stages: &[(&str, &str, StageCategory, u8)]) -> PublishPipeline {
    let stage = |(key, name, category, percent): &(&str, &str, StageCategory, u8)| Stage {
        key: (*key).to_owned(),
        name: (*name).to_owned(),
        category: *category,
        probability_percent: Some(*percent),
    };
    PublishPipeline { pipeline, name: name.to_owned(), stages: stages.iter().map(stage).collect() }
}

impl Company {
    /// Founds it.
    pub fn found(scribe: &mut Scribe, chance: &mut Chance) -> Result<Self, DemoError> {
        let at = scribe.now();
        scribe.tell(
            None,
            PublishCompanyProfile {
                name: "Вечерняя газета / Evening Gazette".to_owned(),
                time_zone: chrono_tz::Tz::Europe__Moscow,
            },
        )?;
        let units: [BusinessUnitId; 2] = [chance.id(at), chance.id(at)];
        for (unit, name) in units.into_iter().zip(["Print", "Digital"]) {
            scribe.tell(None, FormBusinessUnit { unit, name: name.to_owned() })?;
        }
        let teams: [TeamId; 3] = [chance.id(at), chance.id(at), chance.id(at)];
        for ((team, name), unit) in teams.into_iter().zip(["Москва", "International", "Digital"]).zip([0, 0, 1]) {
            scribe.tell(None, FormTeam { team, name: name.to_owned(), parent: None, unit: Some(units[unit]) })?;
        }
        let web = chance.id(at);
        let name = PersonName::from("Web form");
        scribe.tell(None, HireEmployee { employee: web, kind: EmployeeKind::System, team: None, name })?;
        let mut sellers = Vec::new();
        for habit in HABITS {
            let id = chance.id(at);
            let (team, name) = (Some(teams[habit.team]), PersonName::from(habit.name));
            scribe.tell(None, HireEmployee { employee: id, kind: EmployeeKind::Human, team, name })?;
            sellers.push(Seller { id, habit: *habit, has_left: false, idle: Vec::new() });
        }
        grant_roles(scribe, chance, web, &sellers)?;
        let pipelines = [chance.id(at), chance.id(at)];
        scribe.tell(None, pipeline(pipelines[0], "Print advertising", PRINT))?;
        scribe.tell(None, pipeline(pipelines[1], "Digital advertising", DIGITAL))?;
        publish_catalogs(scribe)?;
        publish_attributes(scribe)?;
        Ok(Self { sellers, teams: teams.to_vec(), web, pipelines })
    }
}

/// Who sees what: each seller their own, the first of a team the whole team; one is on leave for a week.
fn grant_roles(scribe: &mut Scribe, chance: &mut Chance, web: EmployeeId, sellers: &[Seller]) -> Result<(), DemoError> {
    let grant = |employee, role| GrantRole { employee, role, reach: None };
    scribe.tell(None, grant(web, Role::Integration))?;
    let mut led = Vec::new();
    for seller in sellers {
        let role = if led.contains(&seller.habit.team) { Role::Representative } else { Role::TeamLead };
        led.push(seller.habit.team);
        scribe.tell(None, grant(seller.id, role))?;
    }
    if let [away, instead, ..] = sellers {
        let at = scribe.now();
        let week = Period { from: at.plus_ms(14 * DAY_MS), until: Some(at.plus_ms(21 * DAY_MS)) };
        let (absence, employee, substitute) = (chance.id(at), away.id, instead.id);
        scribe.tell(None, DeclareAbsence { absence, employee, substitute, period: week })?;
    }
    Ok(())
}

fn publish_catalogs(scribe: &mut Scribe) -> Result<(), DemoError> {
    let reason = |key: &str, name: &str| Reason {
        key: key.to_owned(),
        name: name.to_owned(),
        comment_required: key == "OTHER",
        claim: (key == "NO_ANSWER").then_some(Claim::NoAnswer),
    };
    for (kind, reasons) in [
        (
            CatalogKind::LeadRejection,
            vec![
                reason("NO_ANSWER", "Клиент не отвечает / no answer"),
                reason("NOT_INTERESTED", "Не интересно / not interested"),
                reason("NO_BUDGET", "Нет бюджета / no budget"),
                reason("WRONG_CONTACT", "Неверный контакт / wrong contact"),
                reason("OTHER", "Другое / other"),
            ],
        ),
        (
            CatalogKind::LeadRecycling,
            vec![reason("LATER", "Не сейчас / not now"), reason("NEXT_BUDGET", "Следующий бюджет / next budget")],
        ),
        (
            CatalogKind::OpportunityLoss,
            vec![
                reason("PRICE", "Дорого / too expensive"),
                reason("COMPETITOR", "Ушёл к конкурентам / went to a competitor"),
                reason("NO_DECISION", "Не приняли решения / no decision"),
            ],
        ),
    ] {
        scribe.tell(None, PublishReasonCatalog { kind, reasons })?;
    }
    Ok(())
}

fn publish_attributes(scribe: &mut Scribe) -> Result<(), DemoError> {
    let definition = |key: &str, name: &str, value_type: AttributeType| AttributeDefinition {
        key: key.to_owned(),
        name: name.to_owned(),
        value_type,
    };
    let regions = ["moscow", "petersburg", "regions", "abroad"].map(str::to_owned).to_vec();
    let lead = vec![
        definition("region", "Region", AttributeType::Option(regions)),
        definition("budget", "Declared budget", AttributeType::Number),
    ];
    let formats = ["page", "half_page", "banner", "article"].map(str::to_owned).to_vec();
    let deal = vec![definition("format", "Format", AttributeType::Option(formats))];
    scribe.tell(None, PublishAttributes { entity: EntityKind::Lead, definitions: lead })?;
    scribe.tell(None, PublishAttributes { entity: EntityKind::Opportunity, definitions: deal })
}
