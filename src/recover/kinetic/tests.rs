//! Laws with masses that depend on the position, from small recordings made here.
