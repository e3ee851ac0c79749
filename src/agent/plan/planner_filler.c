
#include "agent/plan/planner_words.h"


/*
 * What surrounds a question: pronouns, auxiliaries, prepositions, thanks,
 * and verbs of asking and showing.  Sorted.
 */

static const char *const  mz_pl_fillers[] = {
    "able", "about", "activity", "actual", "actually", "actuals", "ago", "ah",
    "all", "alright", "also", "although", "am", "amount", "an", "analyse",
    "analysed", "analysis", "analyze", "analyzed", "and", "another", "any",
    "anybody", "anyone", "anything", "are", "arent", "around", "as", "asap",
    "ask", "asked", "asking", "assume", "at", "available", "aware", "away",
    "bar", "basically", "basis", "be", "became", "because", "become", "been",
    "began", "begin", "behavior", "behaviour", "being", "believe", "board",
    "boss", "both", "break", "breakdown", "bring", "brings", "broken",
    "brought", "btw", "but", "by", "calculate", "calculated", "call",
    "called", "came", "can", "cannot", "cant", "care", "case", "ceo", "cfo",
    "chart", "charts", "check", "cheers", "choose", "cmo", "colleague",
    "colleagues", "collect", "come", "comes", "coming", "compare", "compared",
    "comparison", "compute", "considering", "context", "could", "couldnt",
    "cto", "curious", "currently", "curve", "data", "dataset", "dear",
    "decide", "deck", "deliver", "depending", "details", "did", "didnt",
    "dig", "display", "displayed", "do", "does", "doesnt", "doing", "done",
    "dont", "draw", "drill", "during", "each", "else", "enough", "especially",
    "etc", "event", "events", "ever", "every", "everybody", "everyone",
    "everything", "exactly", "example", "explain", "explore", "extract",
    "feel", "feeling", "fetch", "few", "figure", "figures", "finally", "find",
    "fine", "following", "for", "found", "from", "further", "gave", "general",
    "generally", "generate", "get", "gets", "getting", "give", "given",
    "gives", "giving", "glad", "go", "goes", "going", "gonna", "good", "got",
    "gotten", "graph", "great", "group", "grouped", "had", "hand", "happen",
    "happened", "happening", "happens", "has", "hasnt", "have", "havent",
    "having", "he", "hello", "help", "helpful", "here", "hers", "hey", "hi",
    "him", "his", "history", "hm", "hmm", "hope", "hoping", "how", "however",
    "id", "if", "ill", "im", "in", "include", "included", "including",
    "indicate", "info", "inform", "information", "instead", "interested",
    "into", "investors", "is", "isnt", "it", "its", "ive", "just", "keen",
    "kind", "kindly", "know", "known", "let", "lets", "like", "line", "list",
    "listed", "ll", "look", "looking", "looks", "lot", "lots", "love", "ma",
    "maam", "made", "main", "make", "makes", "making", "manager", "many",
    "maybe", "me", "mean", "means", "measure", "meeting", "mention", "metric",
    "metrics", "might", "mind", "moment", "much", "must", "my", "myself",
    "name", "namely", "need", "needed", "needs", "nice", "no", "now",
    "number", "numbers", "of", "offer", "oh", "ok", "okay", "on", "once",
    "one", "ones", "onto", "or", "other", "otherwise", "our", "ours", "out",
    "over", "overall", "overview", "own", "particular", "people", "per",
    "perform", "performed", "perhaps", "period", "periods", "person",
    "picture", "place", "please", "plot", "plus", "possible", "possibly",
    "prepare", "present", "presentation", "pretty", "print", "produce",
    "produced", "provide", "provided", "pull", "put", "question", "quick",
    "quickly", "quite", "ran", "range", "rather", "re", "read", "really",
    "receive", "received", "record", "recorded", "regarding", "relate",
    "related", "remember", "report", "reports", "request", "research",
    "respective", "respectively", "result", "results", "retrieve", "row",
    "rows", "run", "runs", "said", "same", "sample", "saw", "say", "see",
    "seem", "seems", "seen", "sense", "sent", "separate", "separately", "set",
    "several", "she", "should", "show", "showing", "shown", "shows", "simply",
    "since", "sir", "sit", "slide", "so", "some", "somebody", "somehow",
    "someone", "something", "sorry", "sort", "specific", "specifically",
    "split", "spreadsheet", "start", "started", "state", "stats", "stuff",
    "such", "summarise", "summarize", "summary", "sure", "system", "table",
    "take", "taken", "takes", "taking", "talk", "team", "tell", "telling",
    "than", "thank", "thanks", "that", "the", "their", "them", "then",
    "there", "therefore", "these", "they", "thing", "things", "think", "this",
    "those", "though", "through", "thus", "thx", "time", "timeframe", "times",
    "to", "today", "together", "too", "took", "total", "toward", "towards",
    "track", "tracked", "try", "trying", "ty", "type", "uh", "um",
    "understand", "unless", "up", "upon", "us", "use", "used", "user",
    "users", "uses", "using", "usually", "value", "values", "various", "ve",
    "versus", "very", "via", "view", "visualisation", "visualise",
    "visualization", "visualize", "want", "wanted", "wants", "was", "wasnt",
    "way", "ways", "we", "well", "went", "were", "werent", "what", "whatever",
    "whats", "when", "where", "whether", "which", "while", "who", "whole",
    "whom", "whos", "whose", "why", "will", "wish", "with", "within",
    "without", "wonder", "wondering", "wont", "work", "would", "wouldnt",
    "write", "yeah", "yes", "yet", "yo", "you", "your", "yours",
};


bool
mz_pl_is_filler(mz_str_t text)
{
    return mz_pl_is_listed(mz_pl_fillers, MZ_ARRAY_LEN(mz_pl_fillers), text);
}
