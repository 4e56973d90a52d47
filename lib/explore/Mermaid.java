//SOURCES RelationGraph.java Report.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;

/** The relations as Mermaid diagrams, which GitHub draws: one for each {@link RelationGraph.Cluster}. */
final class Mermaid {
    record Diagram(String title, String source) {}

    private Mermaid() {}

    static List<Diagram> of(Report report) {
        var diagrams = new ArrayList<Diagram>();
        for (var cluster : RelationGraph.of(report).clusters().stream().limit(RelationGraph.DRAWINGS).toList()) {
            var out = new StringBuilder("erDiagram\n");
            for (var node : cluster.nodes()) {
                out.append("    ").append(entity(node.fullName())).append(" {\n");
                for (var c : node.columns()) {
                    out.append("        ")
                        .append(word(c.type()))
                        .append(' ')
                        .append(word(c.name()))
                        .append(c.primary() && c.foreign() ? " PK,FK" : c.primary() ? " PK" : c.foreign() ? " FK" : "")
                        .append('\n');
                }
                out.append("    }\n");
            }
            for (var e : cluster.edges()) {
                out.append("    ")
                    .append(entity(e.to().fullName()))
                    .append(e.aggregate() ? " ||..|| " : e.oneToOne() ? " ||--o| " : " ||--o{ ")
                    .append(entity(e.from().fullName()))
                    .append(" : \"")
                    .append(quoted(e.label()))
                    .append("\"\n");
            }
            diagrams.add(new Diagram(cluster.title(), out.toString()));
        }
        return diagrams;
    }

    private static String entity(String name) {
        return '"' + quoted(name) + '"';
    }

    /** Mermaid knows no escape inside quotes: what could end them, or be HTML, is replaced. */
    private static String quoted(String text) {
        return text.replaceAll("[^\\p{L}\\p{N} ._,()→-]", "_");
    }

    /** A type or column name of a diagram: letters, digits, _ and - only. */
    private static String word(String text) {
        var word = text.replaceAll("[^\\p{Alnum}_]+", "_").replaceAll("^_+(?=.)|_+$", "");
        return word.isEmpty() || !Character.isLetter(word.charAt(0)) ? "c_" + word : word;
    }
}
