//! The built-in systems: the files of `examples/`, compiled in.

use super::{System, SystemError};

/// A built-in system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltIn {
    /// Its name on the command line, in lower case with `-`.
    pub name: &'static str,
    /// Its `.ham` file.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($folder:literal: $($name:literal),+;)+) => {
        &[$($(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../examples/", $folder, "/", $name, ".ham")),
        }),+),+]
    };
}

/// All built-in systems: those of the paper, then other classical ones.
pub fn catalogue() -> &'static [BuiltIn] {
    built_in! {
        "paper":
            "two-body", "three-body", "coupled-oscillator", "coupled-oscillator-3", "coupled-oscillator-4",
            "coupled-oscillator-5", "coupled-oscillator-6", "double-pendulum", "spherical-pendulum",
            "charged-particle", "real-oscillator", "real-pendulum";
        "classical":
            "anisotropic-oscillator", "calogero-moser", "fock-darwin", "henon-heiles", "henon-heiles-kdv",
            "kepler", "lagrange-top", "smorodinsky-winternitz", "stark", "toda-lattice";
    }
}

impl BuiltIn {
    /// The built-in system of that name, written with `-` or `_`, in any case.
    pub fn named(name: &str) -> Option<BuiltIn> {
        let name = name.to_lowercase().replace('_', "-");
        catalogue().iter().find(|entry| entry.name == name).copied()
    }

    /// The system it describes.
    ///
    /// # Errors
    /// None for the files as they are: a test reads them all.
    pub fn system(&self) -> Result<System, SystemError> {
        System::parse(self.text, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_example_is_built_in_and_reads() {
        let mut files = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        for folder in folders.filter(|path| path.is_dir()) {
            for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if file.extension().is_some_and(|extension| extension == "ham") {
                    files.push(file.file_stem().unwrap().to_str().unwrap().to_string());
                }
            }
        }
        files.sort();
        let mut names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        names.sort();
        assert_eq!(names, files);
        for entry in catalogue() {
            let system = entry.system().unwrap_or_else(|error| panic!("{}", error.render()));
            assert_eq!(system.name.replace('_', "-"), entry.name);
            assert!(!system.description.is_empty());
            assert!(system.hamiltonian.is_some() != entry.name.starts_with("real-"));
        }
    }
}
