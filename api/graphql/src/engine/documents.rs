//! Parsed documents, kept by their text: parsing a 2 KB query takes longer than answering it.
//!
//! One with a literal string is not kept: a name or a number in it would outlive the erasure of its person here.

use std::sync::Arc;

use async_graphql::ServerError;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use super::tokens;
use crate::error::{Code, request_error};
use crate::limits::{DOCUMENT_KEPT_SIZE_MAX_BYTES, DOCUMENTS_KEPT_MAX};

/// Parsed documents by text.
#[derive(Default)]
pub struct Documents {
    kept: RwLock<FxHashMap<Box<str>, Arc<ExecutableDocument>>>,
}

impl Documents {
    /// The document of a text.
    ///
    /// # Errors
    /// When it is too long, nested too deep, or not GraphQL.
    pub fn parse(&self, text: &str) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(document) = self.kept.read().get(text) {
            return Ok(Arc::clone(document));
        }
        tokens::check(text)?;
        let document = Arc::new(parse_query(text).map_err(|error| {
            let mut error = ServerError::from(error);
            error.extensions = Some(Code::ParseFailed.extensions());
            error
        })?);
        if document.operations.iter().len() == 0 {
            return Err(request_error(Code::ParseFailed, "the document contains no operation", None));
        }
        if text.len() <= DOCUMENT_KEPT_SIZE_MAX_BYTES && !text.contains('"') {
            let mut kept = self.kept.write();
            if kept.len() >= DOCUMENTS_KEPT_MAX {
                kept.clear();
            }
            kept.insert(text.into(), Arc::clone(&document));
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once() {
        let documents = Documents::default();
        let first = documents.parse("{ a }").unwrap();
        let second = documents.parse("{ a }").unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn a_document_with_a_literal_string_is_not_kept() {
        let documents = Documents::default();
        let text = "{ dataSubjects(phone: \"+31 20 555 01 01\") { id } }";
        let first = documents.parse(text).unwrap();
        assert!(!Arc::ptr_eq(&first, &documents.parse(text).unwrap()));
        assert!(documents.kept.read().is_empty());
    }

    #[test]
    fn old_documents_make_room() {
        let documents = Documents::default();
        for number in 0..=DOCUMENTS_KEPT_MAX {
            documents.parse(&format!("{{ field{number} }}")).unwrap();
        }
        assert_eq!(documents.kept.read().len(), 1);
    }

    #[test]
    fn a_syntax_error_names_its_place() {
        let error = Documents::default().parse("{ a(b: }").unwrap_err();
        assert_eq!(error.locations[0].line, 1);
        assert!(error.message.contains("expected"), "{}", error.message);
    }
}
