//! Arrays of NumPy as those of the reader.

use liouville::data::Array;
use numpy::PyReadonlyArrayDyn;

/// A copy in row order.
pub fn array(array: &PyReadonlyArrayDyn<'_, f64>) -> Array {
    let view = array.as_array();
    Array { shape: view.shape().to_vec(), values: view.iter().copied().collect() }
}
