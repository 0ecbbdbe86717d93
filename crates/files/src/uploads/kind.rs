//! The nine types of files that are taken (S2-105), and what bytes really are, whatever somebody called them.
use anyhow::Result;
use std::fs::File;
use std::io::{BufReader, Read, Seek};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    Gif,
    Webp,
    Pdf,
    Doc,
    Docx,
    Xls,
    Xlsx,
}

/// What a signature needs, with room for junk before that of a PDF.
const HEAD: u64 = 4 << 10;
const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::Jpeg,
        Kind::Png,
        Kind::Gif,
        Kind::Webp,
        Kind::Pdf,
        Kind::Doc,
        Kind::Docx,
        Kind::Xls,
        Kind::Xlsx,
    ];

    pub fn mime(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Gif => "image/gif",
            Kind::Webp => "image/webp",
            Kind::Pdf => "application/pdf",
            Kind::Doc => "application/msword",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xls => "application/vnd.ms-excel",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub fn named(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.mime() == mime)
    }

    /// Endings of its names; the first is the usual one.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Kind::Png => &["png"],
            Kind::Gif => &["gif"],
            Kind::Webp => &["webp"],
            Kind::Pdf => &["pdf"],
            Kind::Doc => &["doc", "dot"],
            Kind::Docx => &["docx"],
            Kind::Xls => &["xls", "xlt"],
            Kind::Xlsx => &["xlsx"],
        }
    }

    pub fn is_image(self) -> bool {
        matches!(self, Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp)
    }

    /// Whether a browser shows it without running anything of it.
    pub fn may_be_shown(self) -> bool {
        self.is_image() || self == Kind::Pdf
    }

    /// The name with an ending that says what it is: what is saved as `report.html` would be opened as a page.
    pub fn fitting_name(self, name: &str) -> String {
        let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
        match self.endings().contains(&ending.as_str()) {
            true => name.into(),
            false => format!("{name}.{}", self.endings()[0]),
        }
    }

    /// By the bytes alone. `None`: none of the nine.
    pub fn of(file: &File) -> Result<Option<Self>> {
        let mut head = vec![];
        let mut from = file;
        from.rewind()?;
        from.take(HEAD).read_to_end(&mut head)?;
        if head.starts_with(b"PK\x03\x04") {
            return Ok(packed(file));
        }
        if head.starts_with(OLE) {
            return Ok(compound(file));
        }
        let kind = infer::get(&head).and_then(|found| Self::named(found.mime_type()));
        Ok(kind.filter(|k| k.is_image() || *k == Kind::Pdf))
    }
}

/// Word and Excel since 2007, by the part that makes them what they are. With macros they are other types.
fn packed(file: &File) -> Option<Kind> {
    let zip = zip::ZipArchive::new(BufReader::new(file)).ok()?;
    let names: Vec<_> = zip.file_names().filter_map(Result::ok).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let runs = names.iter().any(|n| n.ends_with("vbaProject.bin"));
    match has("[Content_Types].xml") && !runs {
        true if has("word/document.xml") => Some(Kind::Docx),
        true if has("xl/workbook.xml") => Some(Kind::Xlsx),
        _ => None,
    }
}

/// Word and Excel before that: other programs (installers, mail) use the same container.
fn compound(file: &File) -> Option<Kind> {
    let container = cfb::CompoundFile::open(BufReader::new(file)).ok()?;
    let has = |name: &str| container.is_stream(name);
    match () {
        () if has("/WordDocument") => Some(Kind::Doc),
        () if has("/Workbook") || has("/Book") => Some(Kind::Xls),
        () => None,
    }
}

/// Width and height, read from the head of an image; none of a picture that says too little.
pub fn measure(file: &File) -> Option<(i64, i64)> {
    let mut from = BufReader::new(file);
    from.rewind().ok()?;
    let size = imagesize::reader_size(from).ok()?;
    Some((i64::try_from(size.width).ok()?, i64::try_from(size.height).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn holding(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file
    }
    fn of(bytes: &[u8]) -> Option<Kind> {
        Kind::of(&holding(bytes)).expect("read")
    }
    fn zipped(names: &[&str]) -> File {
        let mut zip = zip::ZipWriter::new(tempfile::tempfile().expect("a file"));
        for name in names {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(b"<x/>").expect("written");
        }
        zip.finish().expect("a file")
    }
    fn compound(stream: &str) -> File {
        let file = tempfile::Builder::new().tempfile().expect("a file").into_file();
        let mut container = cfb::CompoundFile::create(file).expect("a container");
        container.create_stream(stream).expect("a stream").write_all(b"x").expect("written");
        container.into_inner()
    }

    #[test]
    fn bytes_say_what_they_are_and_names_do_not() {
        assert_eq!(of(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"), Some(Kind::Png));
        assert_eq!(of(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Some(Kind::Jpeg));
        assert_eq!(of(b"GIF89a\x01\0\x01\0"), Some(Kind::Gif));
        assert_eq!(of(b"RIFF\x24\0\0\0WEBPVP8 "), Some(Kind::Webp));
        assert_eq!(of(b"%PDF-1.7\n"), Some(Kind::Pdf));
        for none in [
            &b"MZ\x90\0\x03\0"[..],
            b"\x7fELF\x02\x01",
            b"<html><script>",
            b"#!/bin/sh",
            b"",
            b"PK\x03\x04junk",
        ] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }

    #[test]
    fn documents_are_known_by_what_is_in_them() {
        let kind = |file: &File| Kind::of(file).expect("read");
        assert_eq!(
            kind(&zipped(&["_rels/.rels", "[Content_Types].xml", "word/document.xml"])),
            Some(Kind::Docx)
        );
        assert_eq!(kind(&zipped(&["[Content_Types].xml", "xl/workbook.xml"])), Some(Kind::Xlsx));
        assert_eq!(kind(&zipped(&["[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"])), None);
        assert_eq!(kind(&zipped(&["META-INF/MANIFEST.MF", "Main.class"])), None);
        assert_eq!(kind(&compound("WordDocument")), Some(Kind::Doc));
        assert_eq!(kind(&compound("Workbook")), Some(Kind::Xls));
        assert_eq!(kind(&compound("__properties_version1.0")), None, "a message of Outlook");
    }

    #[test]
    fn a_name_ends_as_its_bytes_do() {
        assert_eq!(Kind::Pdf.fitting_name("Offer.PDF"), "Offer.PDF");
        assert_eq!(Kind::Jpeg.fitting_name("boat.jpeg"), "boat.jpeg");
        assert_eq!(Kind::Pdf.fitting_name("offer.html"), "offer.html.pdf");
        assert_eq!(Kind::Png.fitting_name("scan"), "scan.png");
    }

    #[test]
    fn an_image_is_measured_without_being_drawn() {
        let gif = holding(b"GIF89a\x40\x01\xf0\0\0\0\0;");
        assert_eq!(measure(&gif), Some((320, 240)));
        assert_eq!(measure(&holding(b"GIF")), None);
    }
}
