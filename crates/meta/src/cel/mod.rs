//! Conditions and formulas.
use crate::model::{Model, Object};
use kernel::Value;

#[derive(Debug, Clone)]
pub struct Expression {
    uses: Vec<String>,
}

impl Expression {
    pub fn compile(_source: &str, _object: &Object, _model: &Model) -> Result<Self, String> {
        Ok(Self { uses: vec![] })
    }
    pub fn condition(source: &str, object: &Object, model: &Model) -> Result<Self, String> {
        Self::compile(source, object, model)
    }
    pub fn evaluate(&self, _lookup: &dyn Fn(&str) -> Value) -> Result<Value, String> {
        Ok(Value::Null)
    }
    pub fn uses(&self) -> &[String] {
        &self.uses
    }
}
