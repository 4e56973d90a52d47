import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.ZipInputStream;
import lib.Failure;
import lib.chart.ChartData;
import lib.chart.CsvFile;
import lib.chart.Metric;
import lib.chart.Workbook;
import org.apache.poi.ss.usermodel.CellType;
import org.apache.poi.ss.usermodel.DateUtil;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The workbook, opened again and looked at; and the CSV. */
@Tag("unit")
class ChartWorkbookTest {
    private static byte[] bytes(ChartData data) throws IOException {
        var out = new ByteArrayOutputStream();
        Workbook.write(data, out);
        return out.toByteArray();
    }

    private static XSSFWorkbook open(ChartData data) throws IOException {
        return new XSSFWorkbook(new ByteArrayInputStream(bytes(data)));
    }

    private static String chartXml(ChartData data) throws IOException {
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes(data)))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().equals("xl/charts/chart1.xml"))
                    return new String(zip.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("no chart in the workbook");
    }

    private static ChartData twoSeriesWithAGap() {
        var a = ChartPictureTest.wave("=cmd|' /C calc'!A0", 20);
        ChartPictureTest.gap(a, 60, 72);
        return ChartPictureTest.day(Metric.Kind.LINE, List.of(a, ChartPictureTest.wave("b", 30)));
    }

    @Test
    void cells_are_dates_and_numbers_and_a_gap_is_an_empty_cell() throws IOException {
        var data = twoSeriesWithAGap();
        try (var book = open(data)) {
            var sheet = book.getSheet("Data");
            assertTrue(DateUtil.isCellDateFormatted(sheet.getRow(1).getCell(0)));
            assertEquals("2025-07-03T00:00", sheet.getRow(1).getCell(0).getLocalDateTimeCellValue().toString());
            assertEquals(data.series().get(1).average()[5], sheet.getRow(6).getCell(2).getNumericCellValue());
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
        CsvFile.write(twoSeriesWithAGap(), csv);
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
                for (int c = 1; c <= 6; c++) {
                    var cell = row.getCell(c);
                    assertEquals(CellType.FORMULA, cell.getCellType());
                    assertEquals(
                        cell.getNumericCellValue(),
                        evaluator.evaluate(cell).getNumberValue(),
                        1e-9,
                        cell.getCellFormula());
                }
                assertEquals(data.series().get(s).points(), row.getCell(1).getNumericCellValue());
            }
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
        assertTrue(xml.contains("<c:f>Data!$C$2:$C$145</c:f><c:numCache>"));
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

    @Test
    void more_times_than_a_sheet_has_rows_are_refused_and_never_cut_off() {
        var data = ChartPictureTest.day(Metric.Kind.LINE, List.of());
        var many = new ChartData(
            data.metric(),
            data.from(),
            data.to(),
            data.zone(),
            data.bucket(),
            new long[1_048_576],
            List.of(),
            data.source(),
            "",
            1,
            1,
            1,
            "",
            List.of());
        var failure = assertThrows(Failure.class, () -> bytes(many));
        assertTrue(
            failure.getMessage().contains("1,048,576 times do not fit in one sheet of 1,048,575 rows")
                && failure.hint().contains("coarser --bucket"),
            failure.toString());
    }

    @Test
    void an_hour_that_the_clock_repeats_is_said_because_excel_knows_no_zones() throws IOException {
        var day = ChartPictureTest.day(Metric.Kind.LINE, List.of(ChartPictureTest.wave("a", 20)));
        for (var midnight : List.of("2025-10-25T22:00:00Z", "2025-03-29T23:00:00Z")) {
            var from = Instant.parse(midnight);
            var times =
                IntStream.range(0, 144).mapToLong(i -> (from.getEpochSecond() + i * 600L) * 1_000_000).toArray();
            var data = new ChartData(
                day.metric(),
                from,
                from.plusSeconds(86_400),
                ZoneId.of("Europe/Berlin"),
                day.bucket(),
                times,
                day.series(),
                day.source(),
                "",
                1,
                1,
                1,
                "",
                List.of());
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
