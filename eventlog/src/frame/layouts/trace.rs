//! Traces how a type is stored: reads a value of it out of nothing, and notes in which order what is asked for.
//!
//! What the value is, a guide says: one that sees every variant, or one that draws at random. The words for what is
//! stored (`id`, `instant`, `decimal`) stand in the grammar of the listing, in `docs/log-format.md`.

use std::any::type_name;
use std::cell::RefCell;

use letopis_domain::event::PayloadCodec;
use serde::de::value::Error;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::{Value, json};

/// Microseconds from 1970 to the first and last instant of the years 1 to 9999.
const INSTANTS: (i64, i64) = (-62_135_596_800_000_000, 253_402_300_799_999_999);
/// 9999-12-31, as days since 0001-01-01 plus one.
const DAYS: u64 = 3_652_059;
/// Greatest scale of a decimal, plus one.
const SCALES: u64 = 29;

/// Decides what is read out of nothing.
pub(super) trait Guide {
    /// How many elements a list has.
    fn count(&mut self) -> usize;
    /// Whether an option holds a value.
    fn is_some(&mut self) -> bool;
    /// Which variant of an enum it is.
    fn variant(&mut self, name: &str, count: usize) -> usize;
    /// Any number.
    fn number(&mut self) -> u64;
    /// Any text.
    fn text(&mut self) -> String;
    /// Learns the fields of a struct, each with its name and shape.
    fn note_struct(&mut self, _name: &str, _fields: Value) {}
    /// Learns one variant of an enum: its name and, where it holds something, the shape of it.
    fn note_variant(&mut self, _name: &str, _count: usize, _index: usize, _variant: Value) {}
}

/// A codec that reads everything out of nothing, and keeps the shapes of what was asked for.
pub(super) struct Tracing<G> {
    pub guide: RefCell<G>,
    pub shapes: RefCell<Vec<Value>>,
}

impl<G: Guide> Tracing<G> {
    pub(super) const fn new(guide: G) -> Self {
        Self { guide: RefCell::new(guide), shapes: RefCell::new(Vec::new()) }
    }
}

impl<G: Guide> PayloadCodec for Tracing<G> {
    fn encode<T: Serialize>(&self, _value: &T) -> Result<Vec<u8>, String> {
        Err("it reads only".to_owned())
    }

    fn decode<T: DeserializeOwned>(&self, _bytes: &[u8]) -> Result<T, String> {
        let mut shape = Value::Null;
        let tracer = Tracer { name: short(type_name::<T>()), shape: &mut shape, guide: &mut *self.guide.borrow_mut() };
        let value = T::deserialize(tracer).map_err(|error| format!("{}: {error}", type_name::<T>()))?;
        self.shapes.borrow_mut().push(shape);
        Ok(value)
    }
}

/// The name of a type without its modules.
fn short(name: &str) -> String {
    name.split_inclusive(['<', '>', ',', ' ']).map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

/// The name of what is inside `outer<…>`.
fn inside<'a>(name: &'a str, outer: &str) -> &'a str {
    let inner = name.strip_prefix(outer).and_then(|rest| rest.strip_prefix('<')?.strip_suffix('>'));
    inner.unwrap_or(name)
}

struct Tracer<'a, G> {
    /// Of the type that is read; of a part of a tuple, what it is.
    name: String,
    shape: &'a mut Value,
    guide: &'a mut G,
}

impl<G: Guide> Tracer<'_, G> {
    /// Notes what it is, and yields a number for it.
    fn number(&mut self, word: &str) -> u64 {
        *self.shape = json!(word);
        self.guide.number()
    }

    fn is(&self, name: &str) -> Result<(), Error> {
        if self.name == name {
            Ok(())
        } else {
            Err(Error::custom(format!("the listing has no word for {}", self.name)))
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "any number is as good as another")]
impl<'de, G: Guide> Deserializer<'de> for Tracer<'_, G> {
    type Error = Error;

    forward_to_deserialize_any! {
        i8 i16 u16 u128 f32 f64 char unit_struct tuple_struct identifier ignored_any
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom(format!("the listing has no word for what {} consists of", self.name)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.number("bool") % 2 == 1)
    }

    fn deserialize_u8<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let number = self.number("u8");
        visitor.visit_u8(if self.name == "letter" { b'A' + (number % 26) as u8 } else { number as u8 })
    }

    fn deserialize_u32<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let number = self.number("u32");
        visitor.visit_u32(if self.name == "scale" { (number % SCALES) as u32 } else { number as u32 })
    }

    fn deserialize_u64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let word = if self.name == "TextDigest" { "digest" } else { "u64" };
        visitor.visit_u64(self.number(word))
    }

    fn deserialize_i32<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.is("Date")?;
        visitor.visit_i32((self.number("day") % DAYS) as i32 + 1)
    }

    fn deserialize_i64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.is("Timestamp")?;
        let (micros, (first, last)) = (self.number("instant") as i64, INSTANTS);
        let moved = first + micros.rem_euclid(last - first);
        visitor.visit_i64(if (first..=last).contains(&micros) { micros } else { moved })
    }

    fn deserialize_i128<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.is("mantissa")?;
        let (low, high) = (self.number("i128"), self.number("i128"));
        let mantissa = i128::from(high >> 33) << 64 | i128::from(low);
        visitor.visit_i128(if high & 1 == 1 { -mantissa } else { mantissa })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.shape = json!("text");
        visitor.visit_string(if self.name == "Tz" { "Europe/Moscow".to_owned() } else { self.guide.text() })
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let halves = [self.number("id"), self.number("id")].map(u64::to_be_bytes);
        visitor.visit_bytes(halves.as_flattened())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !self.guide.is_some() {
            return visitor.visit_none();
        }
        let mut shape = Value::Null;
        let name = inside(&self.name, "Option").to_owned();
        let value = visitor.visit_some(Tracer { name, shape: &mut shape, guide: self.guide })?;
        *self.shape = json!({ "option": shape });
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let count = self.guide.count();
        let mut elements = Elements::new(count, &[], self.guide);
        let value = visitor.visit_seq(&mut elements)?;
        *self.shape = json!({ "list": elements.shapes.pop() });
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let count = self.guide.count();
        let mut elements = Elements::new(2 * count, &[], self.guide);
        let value = visitor.visit_map(&mut elements)?;
        let shape = elements.shapes.into_iter().take(2);
        *self.shape = json!({ "map": shape.collect::<Value>() });
        Ok(value)
    }

    /// There are two, which have words of their own.
    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, Error> {
        let (word, names, shapes) = if self.name == "Currency" {
            ("currency", &["letter"; 3] as &'static [&'static str], json!(["u8", "u8", "u8"]))
        } else {
            ("decimal", &["mantissa", "scale"] as _, json!(["i128", "u32"]))
        };
        let mut elements = Elements::new(count, names, self.guide);
        let value = visitor.visit_seq(&mut elements)?;
        if json!(elements.shapes) != shapes {
            return Err(Error::custom(format!("{} is no {word}, and no other tuple has a word", self.name)));
        }
        *self.shape = json!(word);
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut elements = Elements::new(fields.len(), &[], self.guide);
        let value = visitor.visit_seq(&mut elements)?;
        let noted = fields.iter().zip(elements.shapes).map(|(field, shape)| json!([field, shape])).collect();
        self.guide.note_struct(&self.name, noted);
        *self.shape = json!(self.name);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let index = self.guide.variant(&self.name, variants.len());
        let mut noted = vec![json!(variants[index])];
        let value = visitor.visit_enum(Variant { index, noted: &mut noted, guide: self.guide })?;
        self.guide.note_variant(&self.name, variants.len(), index, json!(noted));
        *self.shape = json!(self.name);
        Ok(value)
    }
}

/// What a list, a map, a tuple or a struct consists of, one after the other.
struct Elements<'a, G> {
    count: usize,
    names: &'static [&'static str],
    shapes: Vec<Value>,
    guide: &'a mut G,
}

impl<'a, G: Guide> Elements<'a, G> {
    const fn new(count: usize, names: &'static [&'static str], guide: &'a mut G) -> Self {
        Self { count, names, shapes: Vec::new(), guide }
    }

    fn next<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.shapes.len() == self.count {
            return Ok(None);
        }
        let given = self.names.get(self.shapes.len()).map(|name| (*name).to_owned());
        let name = given.unwrap_or_else(|| inside(&short(type_name::<S>()), "PhantomData").to_owned());
        let mut shape = Value::Null;
        let value = seed.deserialize(Tracer { name, shape: &mut shape, guide: self.guide })?;
        self.shapes.push(shape);
        Ok(Some(value))
    }
}

impl<'de, G: Guide> SeqAccess<'de> for Elements<'_, G> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next(seed)
    }
}

impl<'de, G: Guide> MapAccess<'de> for Elements<'_, G> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.next(seed)?.ok_or_else(|| Error::custom("a key without a value"))
    }
}

struct Variant<'a, G> {
    index: usize,
    noted: &'a mut Vec<Value>,
    guide: &'a mut G,
}

impl<'de, G: Guide> EnumAccess<'de> for Variant<'_, G> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let index = seed.deserialize((self.index as u64).into_deserializer())?;
        Ok((index, self))
    }
}

impl<'de, G: Guide> VariantAccess<'de> for Variant<'_, G> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let mut elements = Elements::new(1, &[], self.guide);
        let value = elements.next(seed)?.ok_or_else(|| Error::custom("a variant without its value"))?;
        self.noted.append(&mut elements.shapes);
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _count: usize, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("the listing has no word for variants with several values"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("the listing has no word for variants with fields"))
    }
}
