//! News of the log: first what was missed, then what happens, without a gap and without a repeat.

use std::collections::VecDeque;
use std::sync::Arc;

use async_graphql::{Context, Subscription};
use futures_util::stream::{self, Stream, StreamExt};
use letopis_domain::event::Recorded;
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::query::Query;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};
use letopis_projections::{ViewError, Viewer};
use tokio::sync::watch;

use super::{EventQueryInput, RecordedEvent};
use crate::app::App;
use crate::context::{RequestContext, app, request};
use crate::error::{FieldError, FieldResult};
use crate::scalars::Position;

/// Events read at a time while catching up.
const BATCH_SIZE: usize = 256;

/// Follows the log from a position, in order, for as long as it is asked.
///
/// Reading stops at a head that was seen, and the head is watched for changes, so nothing is missed in between.
pub struct Follow {
    log: Arc<dyn Log>,
    query: Query,
    head: watch::Receiver<LogPosition>,
    /// Everything up to here was handed out, or does not match.
    seen: LogPosition,
    read: VecDeque<Arc<Recorded>>,
}

impl Follow {
    /// Follows matching events after a position.
    pub fn new(log: Arc<dyn Log>, query: Query, after: LogPosition) -> Self {
        let head = log.watch_head();
        Self { log, query, head, seen: after, read: VecDeque::new() }
    }

    /// The next event; none when the log is closed.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn next(&mut self) -> Option<Result<Arc<Recorded>, ReadError>> {
        loop {
            if let Some(recorded) = self.read.pop_front() {
                self.seen = recorded.position;
                return Some(Ok(recorded));
            }
            let head = *self.head.borrow_and_update();
            if head > self.seen {
                let range = Range { upto: head, ..Range::after(self.seen, BATCH_SIZE) };
                match self.log.read(&self.query, range) {
                    Ok(read) if read.len() < BATCH_SIZE => {
                        // Nothing else up to this head matches; what was read moves `seen` on as it is handed out.
                        if read.is_empty() {
                            self.seen = head;
                        }
                        self.read = read.into();
                    }
                    Ok(read) => self.read = read.into(),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            }
            self.head.changed().await.ok()?;
        }
    }
}

/// Subscriptions to the log.
#[derive(Default)]
pub struct EventSubscriptions;

/// Subscriptions to the log.
#[Subscription]
impl EventSubscriptions {
    /// Matching events as they are recorded, each once, in the order of the log; first those after `after`.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which events; every event when absent.")] query: Option<EventQueryInput>,
        #[graphql(desc = "Catch up from this position; only news when absent.")] after: Option<Position>,
    ) -> FieldResult<impl Stream<Item = FieldResult<RecordedEvent>>> {
        let (app, request) = (app(context)?, Arc::clone(request(context)?));
        let after = start(&*app.log, after)?;
        let follow = Follow::new(Arc::clone(&app.log), query.unwrap_or_default().query()?, after);
        let app = Arc::clone(app);
        Ok(until_error(stream::unfold((follow, request, app), async |(mut follow, request, app)| {
            let item = loop {
                match follow.next().await? {
                    Ok(recorded) => match show(&app, &request, recorded).await {
                        Ok(None) => {}
                        Ok(Some(seen)) => break Ok(RecordedEvent::new(Arc::clone(&seen), seen.position)),
                        Err(error) => break Err(error.into()),
                    },
                    Err(error) => break Err(FieldError::from(error).into()),
                }
            };
            Some((item, (follow, request, app)))
        })))
    }
}

/// An event as it is seen by the rights and the owners of now; none = it is hidden.
///
/// # Errors
/// When the log cannot be read, or the views do not get there in time.
pub async fn show(
    app: &App,
    request: &RequestContext,
    recorded: Arc<Recorded>,
) -> Result<Option<Arc<Recorded>>, FieldError> {
    let position = recorded.position;
    request.advance(position);
    if *request.caller.viewer() != Viewer::System {
        app.applied(position).await?;
        request.see_by(app.views.applied());
    }
    Ok(request.look(app, position).show(recorded)?)
}

/// Where a subscription begins: after a position, or at the head.
///
/// # Errors
/// When the position lies beyond the end of the log: nothing tells what would be missed until then.
pub fn start(log: &dyn Log, after: Option<Position>) -> Result<LogPosition, FieldError> {
    let head = log.head();
    match after {
        None => Ok(head),
        Some(after) if after.0 > head => Err(ViewError::BeyondHead { asked: after.0, head }.into()),
        Some(after) => Ok(after.0),
    }
}

/// The items until the first error, which is the last item: what follows it would leave a gap, and a client that goes
/// on after the last position it saw has none.
pub fn until_error<T>(items: impl Stream<Item = FieldResult<T>> + Send) -> impl Stream<Item = FieldResult<T>> + Send {
    stream::unfold(Some(Box::pin(items)), async |items| {
        let mut items = items?;
        let item = items.next().await?;
        let rest = item.is_ok().then_some(items);
        Some((item, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_follows_an_error() {
        let items = stream::iter([Ok(1), Ok(2), Err("storage".into()), Ok(4)]);
        let told: Vec<FieldResult<i32>> = until_error(items).collect().await;
        assert_eq!(told.iter().map(|item| item.as_ref().ok()).collect::<Vec<_>>(), [Some(&1), Some(&2), None]);
    }
}
