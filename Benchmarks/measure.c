#include "measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { BLOB_SIZE = 100000 }; /* of receive-binary */

static size_t resident_bytes(void)
{
  unsigned long total, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
  if (file) fclose(file);
  return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Allocated bytes; 0 where that is unknown. */
static size_t allocated_bytes(void)
{
#if defined(__GLIBC__)
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

static double seconds(struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

measure measure_now(void)
{
  struct timespec now;
  struct rusage usage;
  clock_gettime(CLOCK_MONOTONIC, &now);
  getrusage(RUSAGE_SELF, &usage);
  return (measure){
      .wall = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
      .cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime),
      .memory = resident_bytes(),
      .allocated = allocated_bytes(),
  };
}

static double kb_each(size_t before, size_t after, unsigned count)
{
  return ((double)after - (double)before) / 1024 / count;
}

void measure_print(const char *client, const char *workload, unsigned count, const measure *start)
{
  measure end = measure_now();
  double wall = end.wall - start->wall, cpu = end.cpu - start->cpu;
  printf("{\"client\":\"%s\",\"workload\":\"%s\",\"n\":%u,\"wall_s\":%.4f,\"per_s\":%.1f,\"us_each\":%.2f,"
         "\"cpu_us_each\":%.2f,\"rss_mb\":%.2f",
      client, workload, count, wall, count / wall, wall * 1e6 / count, cpu * 1e6 / count,
      (double)end.memory / 1e6);
  if (!strcmp(workload, "connections"))
    printf(",\"kb_each\":%.2f,\"allocated_kb_each\":%.2f", kb_each(start->memory, end.memory, count),
        kb_each(start->allocated, end.allocated, count));
  if (!strcmp(workload, "receive-binary")) printf(",\"cpu_ns_per_byte\":%.3f", cpu * 1e9 / count / BLOB_SIZE);
  printf("}\n");
}
