#include "measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static size_t resident_bytes(void)
{
  unsigned long total, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
  if (file) fclose(file);
  return resident * (size_t)sysconf(_SC_PAGESIZE);
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
  };
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
    printf(",\"kb_each\":%.2f", ((double)end.memory - (double)start->memory) / 1024 / count);
  printf("}\n");
}
