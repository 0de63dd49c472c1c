"""The words of the pages: sentences in English and German, dates, times and durations."""
