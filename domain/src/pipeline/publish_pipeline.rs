//! Publish the first or the next version of a pipeline.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::PipelineId;
use crate::limits;
use crate::pipeline::{Pipeline, PipelinePublished, Stage};
use crate::query::Query;

/// Publish the first or the next version of a pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishPipeline {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its name.
    pub name: String,
    /// The stages in selling order, at least one.
    pub stages: Vec<Stage>,
}

impl PublishPipeline {
    fn check(&self) -> Result<(), Common> {
        limits::name("name", &self.name)?;
        limits::keys("stages", self.stages.iter().map(|stage| stage.key.as_str()))?;
        for stage in &self.stages {
            limits::name("stages", &stage.name)?;
            limits::percent("stages", stage.probability_percent)?;
        }
        Ok(())
    }
}

impl Decision for PublishPipeline {
    type State = Pipeline;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.pipeline, Pipeline::TYPES)
    }

    fn boundary(&self, _known: &Pipeline) -> Query {
        Query::about(&self.pipeline, Pipeline::TYPES)
    }

    fn evolve(&self, state: &mut Pipeline, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Pipeline, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        self.check()?;
        let last = state.current();
        if last.is_some_and(|last| last.name == self.name && last.stages == self.stages) {
            return Ok(Vec::new());
        }
        let version = last.map_or(0, |last| last.version) + 1;
        let (pipeline, name, stages) = (self.pipeline, self.name.clone(), self.stages.clone());
        Ok(vec![PipelinePublished { pipeline, version, name, stages }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Pipelines, StageCategory, StageRef};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn publish(keys: &[&str]) -> PublishPipeline {
        let stage = |key: &&str| Stage {
            key: (*key).to_owned(),
            name: (*key).to_owned(),
            category: StageCategory::Proposal,
            probability_percent: None,
        };
        PublishPipeline { pipeline: id(1), name: "Sales".to_owned(), stages: keys.iter().map(stage).collect() }
    }

    fn pipelines(history: &History) -> Pipelines {
        let mut pipelines = Pipelines::default();
        history.events().iter().for_each(|event| pipelines.evolve(event));
        pipelines
    }

    #[test]
    fn versions_count_up_and_an_unchanged_pipeline_stays_at_its_version() {
        let history = History::default().after(&publish(&["A", "B"])).when(&publish(&["A", "B"])).then_nothing();
        let pipelines = pipelines(&history.after(&publish(&["A", "B", "C"])));
        assert_eq!(pipelines.pin(id(1), Some("C")).unwrap().version, 2);
    }

    #[test]
    fn a_pinned_version_keeps_its_stages() {
        let pipelines = pipelines(&History::default().after(&publish(&["A", "B"])).after(&publish(&["X"])));
        let pinned = StageRef { pipeline: id(1), version: 1, stage: "A".to_owned() };
        assert_eq!(pipelines.pin_in(&pinned, "B").map(|stage| stage.version), Ok(1));
        assert_eq!(pipelines.stage(&pinned).map(|(place, _)| place), Some(0));
        let refusal = pipelines.pin(id(1), Some("B")).unwrap_err();
        assert_eq!(refusal.to_string(), "stage: no such stage in version 2, which has X");
    }

    #[test]
    fn stages_are_given_and_named_once() {
        History::default().when(&publish(&[])).then_refused(RefusalCode::Required);
        History::default().when(&publish(&["A", "A"])).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_probability_is_a_percentage() {
        let mut certain = publish(&["A"]);
        certain.stages[0].probability_percent = Some(101);
        History::default().when(&certain).then_refused(RefusalCode::InvalidValue);
    }
}
