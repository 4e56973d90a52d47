package lib;

/** What a server or a library said, fitted into a sentence of ours. */
public final class Message {
    private Message() {}

    public static String firstLine(String text) {
        var end = text.indexOf('\n');
        return (end < 0 ? text : text.substring(0, end)).strip();
    }

    /** "Connection refused" → "connection refused", but "I/O error" and "SQLSTATE" stay. */
    public static String lowerFirst(String text) {
        if (text.length() < 2 || !Character.isUpperCase(text.charAt(0)) || !Character.isLowerCase(text.charAt(1))) {
            return text;
        }
        return Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
