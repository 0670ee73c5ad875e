//! Parts of the kernel that stand alone, compiled here once more with the tests at the end of their files, which look
//! at what is private to them. The library itself is not compiled again for tests.

#![allow(dead_code, unreachable_pub)]

use liouville_kernel::algebra::{AlgebraError, Polynomial};

#[path = "../../src/algebra/cyclotomic.rs"]
mod cyclotomic;
#[path = "../../src/algebra/interval.rs"]
mod interval;
#[path = "../../src/algebra/modulus.rs"]
mod modulus;
#[path = "../../src/algebra/rank.rs"]
mod rank;
#[path = "../../src/algebra/work.rs"]
mod work;
