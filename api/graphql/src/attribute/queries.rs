//! Questions about custom attributes.

use async_graphql::{Context, Object};

use super::AttributeDefinitions;
use crate::as_of::{self, AsOf};
use crate::enums::EntityKind;
use crate::error::FieldResult;
use crate::object::link;

/// Questions about custom attributes.
#[derive(Default)]
pub struct AttributeQueries;

/// Questions about custom attributes.
#[Object]
impl AttributeQueries {
    /// The custom attributes of a kind of entity.
    async fn attribute_definitions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose attributes.")] entity: EntityKind,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<AttributeDefinitions>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, Some(entity.into()), at),
            Err(error) => Some(Err(error)),
        }
    }
}
