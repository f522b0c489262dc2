//! Why no alternative of an `anyOf` or `oneOf` fits, told by the one that was meant.

use super::apply::{Applying, PLACES_MAX, Places, Result, fail};
use super::keyword::{Id, Keyword, Schema, Type};
use super::place::Way;
use super::words::{LISTED_MAX, either};
use crate::value::Value;

impl<'s> Applying<'s> {
    /// The types that a schema allows, if it says so itself or by a reference.
    pub(super) fn types(&self, schema: Id) -> Option<&'s [Type]> {
        let Some(Schema::Keywords(keywords)) = self.schemas.get(schema) else { return None };
        keywords.iter().find_map(|keyword| match keyword {
            Keyword::Type(types) => Some(&**types),
            Keyword::Ref(schema) => match self.schemas.get(*schema) {
                Some(Schema::Keywords(keywords)) => keywords.iter().find_map(|keyword| match keyword {
                    Keyword::Type(types) => Some(&**types),
                    _ => None,
                }),
                _ => None,
            },
            _ => None,
        })
    }

    /// Tells why no alternative fits. Those for values of other types were not meant; of the rest one whose
    /// failures all lie inside the value was.
    #[cold]
    pub(super) fn no_alternative(
        &mut self,
        schemas: &[Id],
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
    ) -> Result<bool> {
        let Some(noted) = places else { return Ok(false) };
        let here = way.steps();
        let takes = |types: &[Type]| types.iter().any(|kind| kind.holds(value));
        let (mut reasons, mut expected) = (Vec::new(), Vec::new());
        for schema in schemas {
            if let Some(types) = self.types(*schema).filter(|types| !takes(types)) {
                for kind in types {
                    if !expected.contains(kind) {
                        expected.push(*kind);
                    }
                }
                continue;
            }
            let mut failures = Some(Vec::new());
            self.schema(*schema, value, way, &mut failures, &mut None)?;
            let failures = failures.unwrap_or_default();
            if failures.iter().all(|failure| failure.steps != here) {
                noted.extend(failures);
                noted.truncate(PLACES_MAX);
                return Ok(false);
            }
            reasons.extend(failures.into_iter().next().map(|failure| failure.message));
        }
        reasons.dedup();
        reasons.truncate(LISTED_MAX);
        Ok(fail(places, way, || match &*reasons {
            [] => format!("expected {}, got {}", either(&expected), value.type_name()),
            reasons => reasons.join(", or "),
        }))
    }
}
