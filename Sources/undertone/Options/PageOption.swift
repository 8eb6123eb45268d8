import ArgumentParser

/// Whether a command's results are also told in a page.
struct PageOption: ParsableArguments {
  @Flag(
    help: "Also write a self-contained HTML page; those of explain, figures and compare also play the clips.")
  var html = false
}
