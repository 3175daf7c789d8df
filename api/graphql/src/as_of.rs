//! Moments of the log: any answer can be had as of an earlier one.

use async_graphql::{Context, OneofObject};
use letopis_domain::ids;
use letopis_domain::values::Timestamp;
use letopis_projections::View;

use super::scalars::{DateTime, Position};
use crate::context::{app, request, seen};
use crate::error::{FieldError, FieldResult};

/// A moment of the log: a position, or the last position recorded at or before an instant.
#[derive(OneofObject, Clone, Copy, Debug)]
pub enum AsOf {
    /// What was known at this position.
    Position(Position),
    /// What was known at this instant, by the server's clock.
    RecordedAt(DateTime),
}

/// The position that a field is read at: the request's own, or the one asked for, once the views have reached it.
///
/// # Errors
/// When the position lies ahead of the log, or the views do not reach it in time.
pub async fn position(context: &Context<'_>, as_of: Option<AsOf>) -> FieldResult<ids::Position> {
    let (app, request) = (app(context)?, request(context)?);
    let at = match as_of {
        None => return Ok(request.position()),
        Some(AsOf::Position(position)) => position.0,
        Some(AsOf::RecordedAt(at)) => app.log.position_at(at.0).await.map_err(FieldError::from)?,
    };
    app.applied(at).await?;
    if let Some(path) = context.path_node {
        request.name_position(path.to_string(), at);
    }
    Ok(at)
}

/// The instant that an object means by now: the server's clock, or under an `asOf` the moment at which the position
/// that it is shown as of was recorded, so that the same question has the same answer on any day.
///
/// # Errors
/// When the log cannot be read.
pub fn clock(context: &Context<'_>, at: ids::Position) -> FieldResult<Timestamp> {
    let (app, request) = (app(context)?, request(context)?);
    let is_as_of = context.path_node.is_some_and(|path| request.is_below_named(&path.to_string()));
    let shown = if is_as_of { app.log.get(at).map_err(FieldError::from)? } else { None };
    Ok(shown.map_or_else(|| app.env.now(), |recorded| recorded.recorded_at))
}

/// The views that a field is answered from, as the viewer sees them.
///
/// # Errors
/// When the position lies ahead of the log, or the views do not reach it in time.
pub async fn view(context: &Context<'_>, as_of: Option<AsOf>) -> FieldResult<View> {
    let at = position(context, as_of).await?;
    seen(context, at)
}
