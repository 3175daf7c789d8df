//! What the company has published: its zone, pipelines, reason catalogs, audit thresholds and attribute definitions.

use chrono_tz::Tz;
use letopis_domain::attribute::AttributesPublished;
use letopis_domain::catalog::{AuditThresholds, ReasonCatalogPublished};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::pipeline::{PipelinePublished, StageCategory};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::names::{Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, contact_events, lead_events,
    opportunity_events, privacy_events, task_events,
};
use crate::table::{Row, Table};

/// Something published once and valid from a position on, until the next one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Publication<T> {
    pub(crate) opened: u64,
    pub(crate) content: T,
}

impl<T: Serialize + serde::de::DeserializeOwned + Clone> Row for Publication<T> {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| self.clone())
    }
}

/// Thresholds of one version.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct AuditRules {
    pub(crate) version: u32,
    pub(crate) thresholds: AuditThresholds,
}

/// Everything published, in the order of the log.
#[derive(Default)]
pub(crate) struct Published {
    pub(crate) zones: Table<Publication<(String, Tz)>>,
    pub(crate) pipelines: Table<Publication<PipelinePublished>>,
    pub(crate) catalogs: Table<Publication<ReasonCatalogPublished>>,
    pub(crate) rules: Table<Publication<AuditRules>>,
    pub(crate) attributes: Table<Publication<AttributesPublished>>,
    /// Keys and categories of the stages by pipeline and version; derived, not stored.
    stages: FxHashMap<(Ref, u32), Vec<(Ref, StageCategory)>>,
}

impl Published {
    /// The zone of the company as of a position; UTC before one was published.
    pub(crate) fn zone(&self, position: u64) -> Tz {
        let found = self.zones.iter().rev().find(|zone| zone.opened <= position);
        found.map_or(Tz::UTC, |zone| zone.content.1)
    }

    /// The thresholds in force at a position; before the first version, the defaults as version 1.
    pub(crate) fn rules(&self, position: u64) -> AuditRules {
        let found = self.rules.iter().rev().find(|rules| rules.opened <= position);
        found.map_or(AuditRules { version: 1, thresholds: AuditThresholds::default() }, |rules| rules.content)
    }

    /// The stages of a version of a pipeline in selling order; empty when it is unknown.
    pub(crate) fn stages(&self, pipeline: Ref, version: u32) -> &[(Ref, StageCategory)] {
        self.stages.get(&(pipeline, version)).map_or(&[], Vec::as_slice)
    }

    /// Derives what is not stored.
    pub(crate) fn index(&mut self, names: &Names) {
        self.stages.clear();
        for published in self.pipelines.iter() {
            let content = &published.content;
            let stages =
                content.stages.iter().map(|stage| (names.texts.find(stage.key.as_str()), stage.category)).collect();
            self.stages.insert((names.find(content.pipeline), content.version), stages);
        }
    }
}

impl Projection for Published {
    const NAME: &'static str = "published";
    const REVISION: u32 = 1;
    type Beside<'a> = &'a mut Names;

    fn apply(&mut self, event: &Recorded, names: &mut Names) {
        let at = event.position.0;
        match &event.event {
            Event::CompanyProfilePublished(profile) => {
                self.zones.push(Publication { opened: at, content: (profile.name.clone(), profile.time_zone) });
            }
            Event::PipelinePublished(pipeline) => {
                let key = (names.intern(pipeline.pipeline, at), pipeline.version);
                let stages =
                    pipeline.stages.iter().map(|stage| (names.intern_text(&stage.key, at), stage.category)).collect();
                self.stages.insert(key, stages);
                self.pipelines.push(Publication { opened: at, content: pipeline.clone() });
            }
            Event::ReasonCatalogPublished(catalog) => {
                self.catalogs.push(Publication { opened: at, content: catalog.clone() });
            }
            Event::AuditRulesPublished(rules) => {
                let content = AuditRules { version: rules.version, thresholds: rules.thresholds };
                self.rules.push(Publication { opened: at, content });
            }
            Event::AttributesPublished(definitions) => {
                self.attributes.push(Publication { opened: at, content: definitions.clone() });
            }
            Event::BusinessUnitFormed(_)
            | Event::TeamFormed(_)
            | Event::EmployeeHired(_)
            | Event::EmployeeTransferred(_)
            | Event::EmployeeLeft(_)
            | Event::AttributesSet(_)
            | Event::RequestSettled(_)
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
