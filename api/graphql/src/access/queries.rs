//! Questions about rights.

use async_graphql::{Context, Object, SimpleObject};
use letopis_projections::Viewer;

use super::{Absence, RoleGrant};
use crate::as_of::{self, AsOf};
use crate::company::Employee;
use crate::context::{app, request, seen};
use crate::error::FieldResult;
use crate::mutation::Subject;
use crate::object::link;

/// Who asks, and what they may.
#[derive(SimpleObject)]
#[graphql(name = "Viewer")]
pub struct ViewerInfo {
    /// Who asks; null = whoever runs the server.
    employee: Option<Employee>,
    /// Their roles.
    roles: Vec<RoleGrant>,
    /// Whether nothing is hidden from them or withheld.
    sees_everything: bool,
}

/// Questions about rights.
#[derive(Default)]
pub struct AccessQueries;

/// Questions about rights.
#[Object]
impl AccessQueries {
    /// Who asks, and what they may.
    async fn viewer(&self, context: &Context<'_>) -> FieldResult<ViewerInfo> {
        let (app, request) = (app(context)?, request(context)?);
        let sight = request.sight(app);
        let employee = match sight.viewer() {
            Viewer::Employee { employee, .. } => Some(*employee),
            Viewer::System => request.caller.acting,
        };
        Ok(ViewerInfo {
            employee: link(context, employee, request.position()).transpose()?,
            roles: sight.grants().iter().copied().map(Into::into).collect(),
            sees_everything: sight.sees_everything(),
        })
    }

    /// Absences that were declared and not ended, in the order of their declaration.
    async fn absences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<Vec<Absence>> {
        let seen = seen(context, as_of::position(context, as_of).await?)?;
        seen.absences().into_iter().filter_map(|id| Absence::load(&seen, id).map_err(Into::into).transpose()).collect()
    }
}
