import ArgumentParser
import Basics
import Foundation
import Layers
import Models
import Reports

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists the architectures, and says what a model's folder is.",
    discussion: """
      Examples:
        undertone models
        undertone models output/train/cnnatt hubert-large-superb-er
        undertone models get superb/hubert-large-superb-er
        undertone train cnnatt --data train.csv
      """,
    subcommands: [Show.self, Get.self], defaultSubcommand: Show.self)
}

extension ModelsCommand {
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Says what folders of models are; without one, lists the architectures.",
      discussion: """
        Reads a folder that `train` wrote or one as it is downloaded from Hugging Face, with all of its arrays: what is \
        described is whole. Says sizes, labels, input and head, and which behaviour is followed where toolkits differ.

        Examples:
          undertone models show hubert-large-superb-er
          undertone models show built-in --json
        """)

    @Argument(help: "Model folders, or built-in. (default: all architectures, and the built-in model)")
    var folders: [String] = []

    @Flag(help: "Print one JSON object per folder instead of text.")
    var json = false

    func run() throws {
      try Console.run {
        if folders.isEmpty, !json { return try list() }
        try Console.forEach(folders.isEmpty ? ["built-in"] : folders) { index, folder in
          let description = try ModelDescription.named(folder)
          try Console.print(json ? description.line : (index == 0 ? "" : "\n") + description.text)
        }
      }
    }

    private func list() throws {
      for kind in EmotionModels.all {
        let count = ModelConfiguration(kind).weightCount
        try Console.print("\(kind.name): \(kind.summary); \(count.formatted()) parameters")
      }
      let model = try TrainedModel.builtIn()
      try Console.print("\nbuilt-in: \(model.kind.title) (\(model.digest))")
      for (key, value) in model.configuration.training.sorted(by: { $0.key < $1.key }) {
        try Console.print("  \(key): \(value)")
      }
    }
  }

  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get",
      abstract: "Prints the commands that download a published model.",
      discussion: """
        Nothing is downloaded by this command itself. Where the folder is there already, it is read with all of its \
        arrays and described. Names of files are those that such pages have: where one is missing, see the page.

        Examples:
          undertone models get
          undertone models get superb/hubert-large-superb-er
          undertone models get facebook/hubert-base-ls960 --to encoders/hubert
        """)

    @Argument(help: "Name of the model. (default: list the names)")
    var name: String?

    @Option(
      help: ArgumentHelp("The folder for the files. (default: the name without its owner)", valueName: "folder"))
    var to: String?

    func run() throws {
      try Console.run {
        guard let name else {
          for model in PublishedModel.all { try Console.print("\(model.name): \(model.summary)") }
          return
        }
        guard let model = PublishedModel.named(name) else {
          throw ValidationError("no published model \"\(name)\" is known here; `undertone models get` lists them")
        }
        let folder = to ?? model.folder
        try Console.print(
          """
          \(model.name): \(model.summary)
          licence: \(model.licence ?? "see \(model.page)")

          \(model.commands(into: folder).joined(separator: "\n"))

          or: \(model.toolCommand(into: folder))
          """)
        if model.files.contains("pytorch_model.bin") {
          try Console.print("a model.safetensors serves in place of pytorch_model.bin where the page has one")
        }
        guard FileManager.default.fileExists(atPath: folder) else { return }
        let description = try ModelDescription.named(folder)
        try Console.print("\n\(description.text)\n  whole: all arrays are there, of their shapes and finite")
      }
    }
  }
}

extension ModelDescription {
  /// What the model of a folder is, or of the program.
  fileprivate static func named(_ folder: String) throws -> ModelDescription {
    try folder == "built-in"
      ? ModelDescription(TrainedModel.builtIn(), folder: folder) : ModelDescription(folder: folder)
  }

  fileprivate var text: String {
    let heading = "\(folder): \(title)\(architecture.map { " (\($0))" } ?? "")"
    return ([heading] + facts.map { wrapped("\($0.name): \($0.words)", first: "  ", indentation: "    ") })
      .joined(separator: "\n")
  }
}
