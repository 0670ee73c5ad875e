//! `liouville systems`

use clap::Args;

use super::{Exit, Failure, output::Output};
use crate::report::Format;
use crate::system::{System, catalogue};

/// List the built-in systems, or print one of them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  liouville systems\n  liouville systems two-body > my-system.ham")]
pub(super) struct Systems {
    /// Print this built-in system's file.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Systems {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        if let Some(name) = &self.name {
            let found = catalogue().iter().find(|b| b.name == name.replace('_', "-"));
            return match found {
                Some(built_in) => {
                    output.print(built_in.text);
                    Ok(Exit::Done)
                }
                // The error lists systems with similar names.
                None => System::load(name).map(|_| Exit::Done).map_err(Failure::from),
            };
        }
        let mut rows = Vec::new();
        for built_in in catalogue() {
            let system = System::load(built_in.name)?;
            rows.push((built_in.name, system.dof(), system.description.clone()));
        }
        if output.format() == Format::Json {
            let list: Vec<_> = rows
                .iter()
                .map(|(name, dof, description)| {
                    serde_json::json!({"name": name, "degrees_of_freedom": dof, "description": description})
                })
                .collect();
            output.print(&format!("{}\n", serde_json::to_string_pretty(&list).unwrap_or_default()));
            return Ok(Exit::Done);
        }
        let widest = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        for (name, dof, description) in rows {
            let first = description.lines().next().unwrap_or("").to_owned();
            output.print(&format!("{name:widest$}  {dof:>2} dof  {first}\n"));
        }
        Ok(Exit::Done)
    }
}
