//! Fields that Rust code knows by name: `order::NET` is a `Key<Decimal>`. A start-up check and a test
//! compare every key with the model (`Model::check_keys`).
use crate::Value;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use std::marker::PhantomData;
use uuid::Uuid;

/// What a key expects of the field, coarser than a field kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Decimal,
    Int,
    Bool,
    Date,
    Time,
    Id,
}

/// A Rust type that one shape of field holds.
pub trait FieldType: Sized {
    const SHAPE: Shape;
    fn read(v: &Value) -> Option<Self>;
    fn write(self) -> Value;
}

macro_rules! field_type {
    ($t:ty, $variant:ident) => {
        impl FieldType for $t {
            const SHAPE: Shape = shape!($variant);
            fn read(v: &Value) -> Option<Self> {
                match v {
                    Value::$variant(x) => Some(x.clone()),
                    _ => None,
                }
            }
            fn write(self) -> Value {
                Value::$variant(self)
            }
        }
    };
}
macro_rules! shape {
    ($variant:ident) => {
        Shape::$variant
    };
}
field_type!(String, Text);
field_type!(i64, Int);
field_type!(Decimal, Decimal);
field_type!(bool, Bool);
field_type!(Date, Date);
field_type!(Timestamp, Time);
field_type!(Uuid, Id);

pub struct Key<T> {
    pub object: &'static str,
    pub field: &'static str,
    of: PhantomData<fn() -> T>,
}
impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Key<T> {}
impl<T: FieldType> Key<T> {
    pub const fn new(object: &'static str, field: &'static str) -> Self {
        Key { object, field, of: PhantomData }
    }
}

/// Names the fields that Rust code uses, once: a constant per field, and the list that the start-up check walks.
#[macro_export]
macro_rules! keys {
    ($object:ident { $($name:ident = $field:literal : $t:ty),* $(,)? }) => {
        pub mod $object {
            $(pub const $name: $crate::Key<$t> = $crate::Key::new(stringify!($object), $field);)*
            pub const ALL: &[(&str, &str, $crate::Shape)] =
                &[$((stringify!($object), $field, <$t as $crate::FieldType>::SHAPE)),*];
        }
    };
}
