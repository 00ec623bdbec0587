/// How often a test repeats something: a few times under the thread sanitizer, which makes each many times as slow, and
/// sees a race in any of them.
func repetitions(_ all: Int, sanitized few: Int) -> Int {
  #if THREAD_SANITIZER
    few
  #else
    all
  #endif
}
