//! The fonts: letters to glyphs, how wide they are, and the objects that put them into the file.

use std::collections::BTreeMap;

use pdf_writer::{
    Filter, Finish as _, Name, Pdf, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use ttf_parser::Face;

use super::{Refs, packed};
use crate::reports::ReportError;

const REGULAR: &[u8] = include_bytes!("../../../assets/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/NotoSans-Bold.ttf");
const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Shown for a letter that the font lacks.
const UNKNOWN: char = '\u{fffd}';

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Both fonts.
pub(super) struct Fonts {
    regular: Font,
    bold: Font,
}

impl Fonts {
    pub(super) fn load() -> Result<Self, ReportError> {
        let font = |bytes, base, resource| {
            let face = Face::parse(bytes, 0).map_err(|_| ReportError::Pdf("its font cannot be read"))?;
            Ok::<_, ReportError>(Font { face, bytes, base, resource, used: BTreeMap::new() })
        };
        Ok(Self {
            regular: font(REGULAR, "QADAMR+NotoSans-Regular", "R")?,
            bold: font(BOLD, "QADAMB+NotoSans-Bold", "B")?,
        })
    }

    pub(super) const fn of(&mut self, weight: Weight) -> &mut Font {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }

    /// How wide a text is.
    pub(super) fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        match weight {
            Weight::Regular => self.regular.width(text, size),
            Weight::Bold => self.bold.width(text, size),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Font> {
        [&self.regular, &self.bold].into_iter()
    }
}

/// A font, and which of its glyphs were used for what.
pub(super) struct Font {
    face: Face<'static>,
    bytes: &'static [u8],
    base: &'static str,
    resource: &'static str,
    used: BTreeMap<u16, char>,
}

impl Font {
    /// What pages call it.
    pub(super) const fn resource(&self) -> Name<'static> {
        Name(self.resource.as_bytes())
    }

    fn glyph(&self, letter: char) -> (u16, char) {
        let glyph = |letter| self.face.glyph_index(letter).map(|glyph| (glyph.0, letter));
        let letter = if letter.is_control() { ' ' } else { letter };
        glyph(letter).or_else(|| glyph(UNKNOWN)).unwrap_or((0, UNKNOWN))
    }

    /// A text as glyphs, two bytes each.
    pub(super) fn glyphs(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            let (glyph, letter) = self.glyph(letter);
            self.used.entry(glyph).or_insert(letter);
            bytes.extend(glyph.to_be_bytes());
        }
        bytes
    }

    /// In thousandths of the size.
    fn advance(&self, glyph: u16) -> f32 {
        let units = self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0);
        f32::from(units) * self.thousandth()
    }

    fn thousandth(&self) -> f32 {
        1000.0 / f32::from(self.face.units_per_em())
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(self.glyph(letter).0)).sum::<f32>() * size / 1000.0
    }

    /// Writes its objects.
    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, refs: &mut Refs) {
        let (cid, descriptor, file, unicode) = (refs.next(), refs.next(), refs.next(), refs.next());
        let base = Name(self.base.as_bytes());
        pdf.type0_font(id)
            .base_font(base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(unicode);
        let mut font = pdf.cid_font(cid);
        font.subtype(CidFontType::Type2).base_font(base).system_info(IDENTITY).font_descriptor(descriptor);
        font.cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = font.widths();
        for glyph in self.used.keys() {
            widths.consecutive(*glyph, [self.advance(*glyph)]);
        }
        widths.finish();
        font.finish();

        let units = |units: i16| f32::from(units) * self.thousandth();
        let bounds = self.face.global_bounding_box();
        pdf.font_descriptor(descriptor)
            .name(base)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(units(bounds.x_min), units(bounds.y_min), units(bounds.x_max), units(bounds.y_max)))
            .italic_angle(0.0)
            .ascent(units(self.face.ascender()))
            .descent(units(self.face.descender()))
            .cap_height(units(self.face.capital_height().unwrap_or_else(|| self.face.ascender())))
            .stem_v(80.0)
            .font_file2(file);
        let length = i32::try_from(self.bytes.len()).unwrap_or(i32::MAX);
        pdf.stream(file, &packed(self.bytes)).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        let mut cmap = UnicodeCmap::<u16>::new(Name(b"Custom"), IDENTITY);
        for (glyph, letter) in &self.used {
            cmap.pair(*glyph, *letter);
        }
        pdf.cmap(unicode, &packed(cmap.finish().as_slice())).filter(Filter::FlateDecode);
    }
}
