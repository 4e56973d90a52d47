package lib;

/** Which version of the tools this is. */
public final class Release {
    /** Raised with each release; {@code --version} and backup.json show it. */
    public static final String VERSION = "0.1.0";

    private Release() {}
}
