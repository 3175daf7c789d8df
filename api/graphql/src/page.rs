//! Relay connections: one shape for every list.

use std::sync::Arc;

use async_graphql::SimpleObject;
use data_encoding::BASE64URL_NOPAD;

use crate::error::{FieldError, FieldResult};
use crate::limits::PAGE_SIZE_DEFAULT;

/// Where a page lies in its list.
#[derive(SimpleObject, Clone)]
pub struct PageInfo {
    /// Whether more entries follow.
    pub has_next_page: bool,
    /// Whether entries precede.
    pub has_previous_page: bool,
    /// The cursor of the first entry.
    pub start_cursor: Option<String>,
    /// The cursor of the last entry.
    pub end_cursor: Option<String>,
}

/// Counts a list; called only when the client asks.
pub type Total = Arc<dyn Fn() -> Result<usize, FieldError> + Send + Sync>;

/// Entries with their cursors, and what lies around them.
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<(String, T)>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether some precede.
    pub has_previous: bool,
    /// How many there are in all.
    pub total: Total,
}

impl<T> Page<T> {
    /// The page info of the connection.
    pub fn info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.entries.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: self.entries.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// The size of a page that is asked for; sizes over the limit were refused before anything ran.
pub fn size(asked: Option<i32>) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(PAGE_SIZE_DEFAULT)
}

/// A cursor as clients see it.
pub fn cursor(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of a cursor.
///
/// # Errors
/// When it is none.
pub fn decode_cursor(name: &str, text: &str) -> FieldResult<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| foreign_cursor(name))
}

/// A cursor that no list of this kind gave.
pub fn foreign_cursor(name: &str) -> async_graphql::Error {
    FieldError::Input(format!("`{name}` is not a cursor of this list")).into()
}

/// Declares the connection and the edge of a node type.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $list:literal) => {
        #[doc = concat!("A page of ", $list, ".")]
        pub struct $connection(pub $crate::page::Page<$node>);

        #[doc = concat!("A page of ", $list, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The entries of the page.
            async fn nodes(&self) -> Vec<&$node> {
                self.0.entries.iter().map(|(_, node)| node).collect()
            }

            /// The entries with their cursors.
            async fn edges(&self) -> Vec<$edge<'_>> {
                self.0.entries.iter().map(|(cursor, node)| $edge { cursor, node }).collect()
            }

            /// Where the page lies in the list.
            async fn page_info(&self) -> $crate::page::PageInfo {
                self.0.info()
            }

            /// How many entries the whole list has; counted only when asked for.
            async fn total_count(&self) -> $crate::error::FieldResult<i32> {
                let total = $crate::long::long(|| (self.0.total)()).await;
                Ok($crate::values::count(total?))
            }
        }

        #[doc = concat!("An entry of a page of ", $list, ".")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge<'a> {
            /// Marks the place of the entry in its list.
            cursor: &'a str,
            /// The entry.
            node: &'a $node,
        }
    };
}
pub(crate) use connection;
