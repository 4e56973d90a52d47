import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.zip.ZipInputStream;
import lib.Failure;
import lib.chart.Bucket;
import lib.chart.ChartData;
import lib.chart.CsvFile;
import lib.chart.Grid;
import lib.chart.Metric;
import lib.chart.Workbook;
import org.apache.poi.ss.usermodel.CellType;
import org.apache.poi.ss.usermodel.DateUtil;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.apache.xmlbeans.XmlError;
import org.apache.xmlbeans.XmlException;
import org.apache.xmlbeans.XmlObject;
import org.apache.xmlbeans.XmlOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openxmlformats.schemas.drawingml.x2006.chart.ChartSpaceDocument;
import org.openxmlformats.schemas.drawingml.x2006.spreadsheetDrawing.CTDrawing;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.StyleSheetDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.TableDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.WorkbookDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.WorksheetDocument;

/** The workbook, opened again and looked at; and the CSV. */
@Tag("unit")
class ChartWorkbookTest {
    private static byte[] bytes(ChartData data) throws IOException {
        var out = new ByteArrayOutputStream();
        Workbook.write(List.of(data), out);
        return out.toByteArray();
    }

    private static XSSFWorkbook open(ChartData data) throws IOException {
        return new XSSFWorkbook(new ByteArrayInputStream(bytes(data)));
    }

    private static String chartXml(ChartData data) throws IOException {
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes(data)))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().equals("xl/charts/chart1.xml")) {
                    return new String(zip.readAllBytes(), StandardCharsets.UTF_8);
                }
            }
        }
        throw new AssertionError("no chart in the workbook");
    }

    private static Map<String, byte[]> parts(ChartData data) throws IOException {
        var parts = new TreeMap<String, byte[]>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes(data)))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                parts.put(entry.getName(), zip.readAllBytes());
            }
        }
        return parts;
    }

    /** Null for a part that is checked elsewhere. */
    private static XmlObject parsed(String name, byte[] xml) throws XmlException, IOException {
        var in = new ByteArrayInputStream(xml);
        if (name.startsWith("xl/worksheets/sheet")) return WorksheetDocument.Factory.parse(in);
        if (name.startsWith("xl/charts/")) return ChartSpaceDocument.Factory.parse(in);
        if (name.startsWith("xl/tables/")) return TableDocument.Factory.parse(in);
        if (name.equals("xl/workbook.xml")) return WorkbookDocument.Factory.parse(in);
        if (name.equals("xl/styles.xml")) return StyleSheetDocument.Factory.parse(in);
        if (!name.startsWith("xl/drawings/drawing")) return null;
        return CTDrawing.Factory.parse(in, new XmlOptions().setLoadReplaceDocumentElement(null));
    }

    /** Excel is strict: where a part breaks the schema of ECMA-376, it repairs the file and drops the chart. */
    @ParameterizedTest @EnumSource
    void each_part_is_as_the_schema_of_excel_says(Metric.Kind kind) throws Exception {
        var a = ChartPictureTest.gap(ChartPictureTest.wave("a", 20), 60, 72);
        var below = ChartPictureTest.wave("below", -30);
        var data = ChartPictureTest.day(kind, List.of(a, ChartPictureTest.wave("b", 30), below));
        for (var part : parts(data).entrySet()) {
            var xml = parsed(part.getKey(), part.getValue());
            if (xml == null) continue;
            var wrong = new ArrayList<XmlError>();
            xml.validate(new XmlOptions().setErrorListener(wrong));
            assertEquals(List.of(), wrong.stream().map(XmlError::getMessage).toList(), part.getKey());
        }
    }

    @Test
    void a_sheet_says_how_large_it_is_and_a_frame_has_a_number() throws IOException {
        var parts = parts(twoSeriesWithAGap());
        var sheet = new String(parts.get("xl/worksheets/sheet2.xml"), StandardCharsets.UTF_8);
        assertTrue(sheet.contains("<dimension ref=\"A1:C145\"/>"), sheet.substring(0, 400));
        var drawing = new String(parts.get("xl/drawings/drawing1.xml"), StandardCharsets.UTF_8);
        assertTrue(!drawing.contains("cNvPr id=\"0\""), drawing);
    }

    private static ChartData twoSeriesWithAGap() {
        var a = ChartPictureTest.gap(ChartPictureTest.wave("=cmd|' /C calc'!A0", 20), 60, 72);
        return ChartPictureTest.day(Metric.Kind.LINE, List.of(a, ChartPictureTest.wave("b", 30)));
    }

    @Test
    void cells_are_dates_and_numbers_and_a_gap_is_an_empty_cell() throws IOException {
        var data = twoSeriesWithAGap();
        try (var book = open(data)) {
            var sheet = book.getSheet("Data");
            assertTrue(DateUtil.isCellDateFormatted(sheet.getRow(1).getCell(0)));
            assertEquals("2025-07-03T00:00", sheet.getRow(1).getCell(0).getLocalDateTimeCellValue().toString());
            assertEquals(data.series().get(1).points().values()[5], sheet.getRow(6).getCell(2).getNumericCellValue());
            assertEquals(null, sheet.getRow(66).getCell(1), "a gap");
            assertEquals(CellType.NUMERIC, sheet.getRow(60).getCell(1).getCellType());
            assertEquals(144, sheet.getLastRowNum());
            assertTrue(sheet.getPaneInformation().isFreezePane());
        }
    }

    @Test
    void a_name_that_looks_like_a_formula_stays_text() throws IOException {
        try (var book = open(twoSeriesWithAGap())) {
            assertEquals(CellType.STRING, book.getSheet("Data").getRow(0).getCell(1).getCellType());
            assertEquals(CellType.STRING, book.getSheet("Summary").getRow(1).getCell(0).getCellType());
        }
        var csv = new ByteArrayOutputStream();
        CsvFile.write(List.of(twoSeriesWithAGap()), csv);
        assertTrue(
            csv.toString(StandardCharsets.UTF_8)
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow()
                .contains(",'=cmd|' /C calc'!A0,"));
    }

    @Test
    void the_formulas_of_the_summary_give_the_figures_that_are_stored() throws IOException {
        var data = twoSeriesWithAGap();
        try (var book = open(data)) {
            var evaluator = book.getCreationHelper().createFormulaEvaluator();
            for (int s = 0; s < 2; s++) {
                var row = book.getSheet("Summary").getRow(s + 1);
                for (int c : List.of(2, 3, 5, 6, 7, 8)) {
                    var cell = row.getCell(c);
                    assertEquals(CellType.FORMULA, cell.getCellType());
                    assertEquals(
                        cell.getNumericCellValue(),
                        evaluator.evaluate(cell).getNumberValue(),
                        1e-9,
                        cell.getCellFormula());
                }
                assertEquals(data.series().get(s).size(), row.getCell(3).getNumericCellValue());
                assertEquals(data.series().get(s).rows(), row.getCell(2).getNumericCellValue());
            }
            assertEquals(1, book.getSheet("Summary").getRow(1).getCell(4).getNumericCellValue(), "gaps");
        }
    }

    @Test
    void the_chart_is_excels_own_with_its_values_beside_it() throws IOException {
        var xml = chartXml(twoSeriesWithAGap());
        assertTrue(xml.contains("<c:scatterChart>"));
        assertTrue(xml.contains("<c:dispBlanksAs val=\"gap\"/>"));
        assertTrue(xml.contains("<c:roundedCorners val=\"false\"/>"));
        assertFalse(
            xml.contains("sourceLinked=\"true\"") || xml.contains("sourceLinked=\"1\""),
            "Excel would show the cells' format");
        assertTrue(xml.contains("<c:f>'Data'!$C$2:$C$145</c:f><c:numCache>"));
        var values = Pattern.compile("\\$B\\$145</c:f><c:numCache>(.*?)</c:numCache>", Pattern.DOTALL).matcher(xml);
        assertTrue(values.find());
        assertEquals(132, values.group(1).split("<c:pt ").length - 1, "the gap is not among the values");
    }

    @Test
    void power_is_stacked_in_columns_without_space_between() throws IOException {
        var xml =
            chartXml(
                ChartPictureTest.day(
                    Metric.Kind.STACKED,
                    List.of(ChartPictureTest.wave("a", 500), ChartPictureTest.wave("b", 300))));
        assertTrue(
            xml.contains("<c:grouping val=\"stacked\"/>") && xml.contains("<c:overlap val=\"100\"/>")
                && xml.contains("<c:gapWidth val=\"0\"/>"));
    }

    /** It is packed on a thread of its own: what goes wrong there must not be lost, and nothing may wait for it. */
    @Test @Timeout(60)
    void a_disk_that_is_full_is_a_failure() {
        var data = twoSeriesWithAGap();
        var full = new OutputStream() {
            private int written;

            @Override
            public void write(int b) throws IOException {
                if (++written > 2_000) throw new IOException("No space left on device");
            }
        };
        var failure = assertThrows(IOException.class, () -> Workbook.write(List.of(data), full));
        assertEquals("No space left on device", failure.getMessage());
    }

    @Test
    void the_same_data_give_the_same_bytes() throws Exception {
        var first = bytes(twoSeriesWithAGap());
        Thread.sleep(2100);          // a zip counts time in steps of two seconds
        assertArrayEquals(first, bytes(twoSeriesWithAGap()));
    }

    @Test
    void three_hundred_series_make_a_workbook_too() throws IOException {
        var list = IntStream.range(0, 300).mapToObj(i -> ChartPictureTest.wave("s" + i, i)).toList();
        try (var book = open(ChartPictureTest.day(Metric.Kind.LINE, list))) {
            assertEquals(301, book.getSheet("Data").getRow(0).getLastCellNum());
            assertEquals(300, book.getSheet("Summary").getLastRowNum());
        }
    }

    /** A series of 1,048,580 seconds: five more than a sheet has rows below its header. */
    @Test
    void what_does_not_fit_in_a_sheet_goes_on_in_the_next_one() throws IOException {
        int n = 1_048_580;
        var start = ChartPictureTest.START;
        var times = IntStream.range(0, n).mapToLong(i -> (start.getEpochSecond() + i) * 1_000_000).toArray();
        var values = IntStream.range(0, n).mapToDouble(i -> i == n - 1 ? 7 : i % 2).toArray();
        var rows = LongStream.generate(() -> 1).limit(n).toArray();
        var data = ChartPictureTest.of(
            ChartPictureTest.metric(Metric.Look.LINES),
            Grid.covering(Bucket.exact(1), ZoneId.of("UTC"), start, start.plusSeconds(n)),
            List.of(
                new ChartData.Series(List.of("a"), "a", 0, new ChartData.Points(times, values, values, values, rows))));
        var sheets = new HashMap<String, String>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes(data)))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.getName().startsWith("xl/worksheets/sheet")) continue;
                var xml = new String(zip.readAllBytes(), StandardCharsets.UTF_8);
                sheets.put(entry.getName(), xml.substring(Math.max(0, xml.length() - 3000)));
                if (xml.contains("SUM")) sheets.put("summary", xml);
            }
        }
        assertTrue(sheets.values().stream().anyMatch(xml -> xml.contains("<row r=\"1048576\">")), "a full sheet");
        assertTrue(
            sheets.values()
                .stream()
                .anyMatch(
                    xml -> xml.contains("<row r=\"6\">") && xml.contains("<v>7</v>") && !xml.contains("<row r=\"7\">")),
            "five rows more");
        assertTrue(
            sheets.values()
                .stream()
                .anyMatch(xml -> xml.contains("AVERAGE('Data'!$B$2:$B$1048576,'Data 2'!$B$2:$B$6)")));
    }

    @Test
    void before_the_first_day_of_excels_calendar_there_is_no_workbook() {
        var first = Instant.parse("1899-06-01T00:00:00Z");
        var data = ChartPictureTest.of(
            ChartPictureTest.metric(Metric.Look.LINES),
            new ChartPictureTest.Day(first, 24, ZoneId.of("UTC")),
            List.of(ChartPictureTest.series("a", first, 1, 2, 3)));
        var failure = assertThrows(Failure.class, () -> bytes(data));
        assertTrue(failure.getMessage().contains("1900"), failure.getMessage());
    }

    @Test
    void an_hour_that_the_clock_repeats_is_said_because_excel_knows_no_zones() throws IOException {
        for (var midnight : List.of("2025-10-25T22:00:00Z", "2025-03-29T23:00:00Z")) {
            var from = Instant.parse(midnight);
            var data = ChartPictureTest.of(
                ChartPictureTest.metric(Metric.Look.LINES),
                new ChartPictureTest.Day(from, 24, ZoneId.of("Europe/Berlin")),
                List.of(ChartPictureTest.series("a", from, 1, 2, 3)));
            try (var book = open(data)) {
                var about = book.getSheet("About");
                boolean said = about.getRow(about.getLastRowNum())
                    .getCell(1)
                    .getStringCellValue()
                    .contains("an hour of it stands twice");
                assertEquals(midnight.contains("-10-"), said, midnight);
            }
        }
    }
}
