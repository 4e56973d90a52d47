//SOURCES RelationGraph.java
package lib.explore;

/** Relations as a Mermaid diagram, which GitHub and GitLab draw. */
final class Mermaid {
    private Mermaid() {}

    static String of(RelationGraph.Cluster cluster) {
        var out = new StringBuilder("erDiagram\n");
        for (var node : cluster.nodes()) {
            out.append("    ").append(entity(node.fullName())).append(" {\n");
            for (var c : node.columns()) {
                out.append("        ").append(word(c.type())).append(' ').append(word(c.name())).append(keys(c));
                out.append('\n');
            }
            out.append("    }\n");
        }
        for (var e : cluster.edges()) {
            out.append("    ")
                .append(entity(e.to().fullName()))
                .append(line(e))
                .append(entity(e.from().fullName()))
                .append(" : \"")
                .append(quoted(e.label()))
                .append("\"\n");
        }
        return out.toString();
    }

    private static String keys(RelationGraph.NodeColumn c) {
        if (c.primary() && c.foreign()) return " PK,FK";
        if (c.primary()) return " PK";
        return c.foreign() ? " FK" : "";
    }

    private static String line(RelationGraph.Edge e) {
        if (e.aggregate()) return " ||..|| ";
        return e.oneToOne() ? " ||--o| " : " ||--o{ ";
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
