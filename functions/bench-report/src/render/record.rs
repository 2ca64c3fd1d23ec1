//! A flat struct as a row: one cell a field, in the order of its type.
//!
//! A field that is not written where it is absent still has its cell, so that the
//! header and every row below it are equally long.

use serde::ser::{Error as _, Impossible, Serialize, SerializeStruct, Serializer};

type Error = std::fmt::Error;
type Name = &'static str;

/// Names and cells of a struct.
pub(super) struct Record {
    pub(super) names: Vec<Name>,
    pub(super) cells: Vec<String>,
    text: fn(&str) -> String,
    except: Name,
}

impl Record {
    /// The record of a struct of texts, numbers, truth values and names of variants,
    /// without the field `except`; a text is changed by `text` first.
    pub(super) fn of(value: &impl Serialize, except: Name, text: fn(&str) -> String) -> Self {
        let mut record = Self {
            names: Vec::new(),
            cells: Vec::new(),
            text,
            except,
        };
        value
            .serialize(&mut record)
            .expect("every field is a scalar");
        record
    }

    fn push(&mut self, cell: String) {
        self.cells.push(cell);
    }
}

impl SerializeStruct for &mut Record {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: Name,
        value: &T,
    ) -> Result<(), Error> {
        if key == self.except {
            return Ok(());
        }
        self.names.push(key);
        value.serialize(&mut **self)
    }

    fn skip_field(&mut self, key: Name) -> Result<(), Error> {
        if key == self.except {
            return Ok(());
        }
        self.names.push(key);
        self.push(String::new());
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! written_out {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.push(value.to_string());
            Ok(())
        })*
    };
}

macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $result:ty),*) => {
        $(fn $method(self $(, _: $argument)*) -> Result<$result, Error> {
            Err(Error::custom("not a scalar"))
        })*
    };
}

type No = Impossible<(), Error>;

impl Serializer for &mut Record {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Self;
    type SerializeStructVariant = No;

    written_out!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64
    );

    refused!(
        serialize_bytes(&[u8]) -> (),
        serialize_unit() -> (),
        serialize_unit_struct(Name) -> (),
        serialize_seq(Option<usize>) -> No,
        serialize_tuple(usize) -> No,
        serialize_tuple_struct(Name, usize) -> No,
        serialize_tuple_variant(Name, u32, Name, usize) -> No,
        serialize_map(Option<usize>) -> No,
        serialize_struct_variant(Name, u32, Name, usize) -> No
    );

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        let cell = (self.text)(value);
        self.push(cell);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.push(String::new());
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: Name, _: u32, variant: Name) -> Result<(), Error> {
        self.push(variant.to_owned());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: Name,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: u32,
        _: Name,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("not a scalar"))
    }

    fn serialize_struct(self, _: Name, fields: usize) -> Result<Self, Error> {
        self.names.reserve(fields);
        self.cells.reserve(fields);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u32>,
        given: Option<u32>,
        left_out: bool,
        is_last: bool,
    }

    #[test]
    fn a_field_that_is_absent_has_its_name_and_an_empty_cell() {
        let row = Row {
            name: "=a",
            absent: None,
            given: Some(7),
            left_out: true,
            is_last: true,
        };
        let record = Record::of(&row, "left_out", |text| format!("'{text}"));
        assert_eq!(record.names, ["name", "absent", "given", "is_last"]);
        assert_eq!(record.cells, ["'=a", "", "7", "true"]);
    }
}
