//! The dashboard without a browser: what its pages say, and who may ask for them.

mod guarded;
mod lists;
mod shown;
