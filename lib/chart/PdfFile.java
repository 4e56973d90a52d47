//SOURCES ChartData.java Figure.java PngFile.java SvgFile.java
package lib.chart;

import de.rototor.pdfbox.graphics2d.PdfBoxGraphics2D;
import java.io.IOException;
import java.io.OutputStream;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.TimeZone;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdfwriter.compress.CompressParameters;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;

/** The same picture as a page of PDF, for print: lines stay lines at any size. */
final class PdfFile {
    private PdfFile() {}

    /** @param figure of the charts; a pixel becomes a point (1/72 inch) */
    static void write(List<ChartData> charts, Figure figure, Size size, OutputStream out) throws IOException {
        try (var document = new PDDocument()) {
            var page = new PDPage(new PDRectangle(size.width(), size.height()));
            document.addPage(page);
            var graphics = new PdfBoxGraphics2D(document, size.width(), size.height());
            figure.paint(graphics);
            graphics.dispose();
            try (var content = new PDPageContentStream(document, page)) {
                content.drawForm(graphics.getXFormObject());
            }
            var information = document.getDocumentInformation();
            information.setTitle(SvgFile.title(charts));
            information.setSubject(SvgFile.description(charts.getFirst()));
            var made = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
            // and not the clock: same data, same bytes
            made.setTimeInMillis(charts.getFirst().to().toEpochMilli());
            information.setCreationDate(made);
            document.setDocumentId(made.getTimeInMillis());
            document.getDocumentCatalog().getCOSObject().setString(COSName.LANG, "en");
            document.save(out, new CompressParameters(200));
        } catch (Error | RuntimeException e) {
            throw PngFile.explained(e, "PDF");
        }
    }

    record Size(int width, int height) {}
}
