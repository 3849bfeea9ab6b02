//! PDF: pages of A4, wide, with the columns' headings on each and a plot before the table. The font lies in the program
//! (Noto Sans, with all Kazakh letters and ₸) and goes into the file, so that it looks the same everywhere and its text
//! can be searched. Bytes are packed by a pure function of their own, not by whatever compressor is linked, and the
//! file's date is the report's "as of".

mod font;
mod layout;
mod plot;
mod wrap;

use jiff::{Timestamp, tz::TimeZone};
use pdf_writer::{Date, Filter, Finish as _, Name, Pdf, Rect, Ref, TextStr};

use self::{
    font::Fonts,
    layout::{HEIGHT, WIDTH},
};
use super::{ReportError, grid::Grid};

/// Packs a stream: middle effort.
fn packed(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6)
}

/// Numbers of objects, from 1.
struct Refs(i32);

impl Refs {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

pub(super) fn write(grid: &Grid) -> Result<Vec<u8>, ReportError> {
    let mut fonts = Fonts::load()?;
    let contents = layout::pages(grid, &mut fonts);
    let (mut pdf, mut refs) = (Pdf::new(), Refs(0));
    let (catalog, tree, info) = (refs.next(), refs.next(), refs.next());
    let pages: Vec<(Ref, Ref)> = contents.iter().map(|_| (refs.next(), refs.next())).collect();
    let named: Vec<(Name<'static>, Ref)> = fonts.all().map(|font| (font.resource(), refs.next())).collect();

    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr(grid.lang.name()));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    let mut about = pdf.document_info(info);
    about.title(TextStr(&grid.title)).subject(TextStr(&grid.about.join("; "))).creator(TextStr("qadam"));
    about.creation_date(date(grid.as_of));
    about.finish();
    let count = i32::try_from(pages.len()).map_err(|_| ReportError::Pdf("too many pages"))?;
    pdf.pages(tree).kids(pages.iter().map(|(page, _)| *page)).count(count);
    for ((page, content), drawn) in pages.iter().zip(contents) {
        let mut dict = pdf.page(*page);
        dict.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(*content);
        dict.resources().fonts().pairs(named.iter().copied());
        dict.finish();
        pdf.stream(*content, &packed(drawn.as_slice())).filter(Filter::FlateDecode);
    }
    for (font, (_, id)) in fonts.all().zip(&named) {
        font.write(&mut pdf, *id, &mut refs);
    }
    Ok(pdf.finish())
}

/// An instant, in UTC.
fn date(at: Timestamp) -> Date {
    let utc = at.to_zoned(TimeZone::UTC);
    let part = |part: i8| u8::try_from(part).unwrap_or(0);
    Date::new(u16::try_from(utc.year()).unwrap_or(0))
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
}
