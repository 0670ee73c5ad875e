//! Grammars that users name.

use std::collections::BTreeMap;
use std::path::Path;

use super::Failure;
use crate::runs::GrammarText;
use crate::system::{Diagnostic, Place};
use crate::terms::Grammar;

/// Reads a grammar with the files that it includes, which are looked up in the same folder.
///
/// # Errors
/// A file that cannot be read, or that the language of grammars does not know, with the place.
pub fn read_grammar(path: &str) -> Result<GrammarText, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::input(format!("cannot read `{path}`: {error}"), None))?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    let mut included = BTreeMap::new();
    let mut load = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        included.insert(name.to_owned(), text.clone());
        Some(text)
    };
    // Errors are said where the text is parsed again, with all that it includes.
    let _ = Grammar::parse(&text, path, &mut load);
    let read = GrammarText { path: path.to_owned(), text, included };
    parsed_grammar(&read)?;
    Ok(read)
}

/// The grammar of a text.
///
/// # Errors
/// What the language of grammars does not know, with the place.
pub fn parsed_grammar(read: &GrammarText) -> Result<Grammar, Failure> {
    read.parse().map_err(|error| {
        let text = match error.source_name == read.path {
            true => read.text.clone(),
            false => read.included.get(&error.source_name).cloned().unwrap_or_default(),
        };
        Failure::at(&Diagnostic {
            message: error.message,
            place: Place::new(error.source_name.into(), text.into(), error.span),
            expected: None,
            hint: error.hint,
        })
    })
}
