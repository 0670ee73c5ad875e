//! The programs of `examples/` run to their end: what they assert holds.

macro_rules! example {
    ($name:ident) => {
        mod $name {
            include!(concat!("../examples/", stringify!($name), ".rs"));

            #[test]
            fn runs() {
                main().expect("the example runs");
            }
        }
    };
}

example!(verify);
example!(integrals);
example!(discover_csv);
example!(snapshot);
example!(own_terms);
