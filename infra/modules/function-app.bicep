metadata description = 'The app on Flex Consumption, with its settings.'

param name string

param planName string

param location string

param tags object

@description('Resource id of the identity of the app.')
param identityId string

param identityClientId string

@description('The storage account of the host: its name, and its addresses.')
param hostStorageName string

param hostBlobUri string

param hostQueueUri string

param hostTableUri string

@description('Container of the deployed package, in the storage of the host.')
param packageContainer string

param dataBlobUri string

param dataTableUri string

@description('Fully qualified host name of the Service Bus namespace.')
param serviceBusHost string

param insightsName string

param vaultName string

param connections string[]

param apiClientId string

param publicBaseUrl string

param tickSchedule string

@description('Ways in which partners may open subscriptions of the topic: entra, sas; empty: none.')
param topicAccess string

param rateLimitPerSecond int

param rateLimitBurst int

@description('Largest body of a request that the app accepts, in MiB.')
param maxBodyMiB int

param nodeVersion string

param instanceMemoryMB int

param maximumInstanceCount int

param alwaysReadyHttpInstances int

var baseUrl = empty(publicBaseUrl) ? 'https://${site.properties.defaultHostName}' : publicBaseUrl

// with addresses alone, hosts sometimes start without storage; but a name works only for an account of the public cloud
var hostStorageSettings = environment().name == 'AzureCloud'
  ? {
      AzureWebJobsStorage__accountName: hostStorageName
    }
  : {
      AzureWebJobsStorage__blobServiceUri: hostBlobUri
      AzureWebJobsStorage__queueServiceUri: hostQueueUri
      AzureWebJobsStorage__tableServiceUri: hostTableUri
    }

var connectionSettings = toObject(
  connections,
  connection => 'CONNECTION_${toUpper(replace(connection, '-', '_'))}',
  connection => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=connection-${connection})'
)

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': 'api'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobUri}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0
          ? []
          : [
              {
                name: 'http'
                instanceCount: alwaysReadyHttpInstances
              }
            ]
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: union(connectionSettings, hostStorageSettings, {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    // a function serves the root
    AzureWebJobsDisableHomepage: 'true'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
    ServiceBus__fullyQualifiedNamespace: serviceBusHost
    ServiceBus__credential: 'managedidentity'
    ServiceBus__clientId: identityClientId
    DataStorage__blobServiceUri: dataBlobUri
    DataStorage__tableServiceUri: dataTableUri
    AZURE_CLIENT_ID: identityClientId
    PUBLIC_BASE_URL: baseUrl
    TENANT_ID: tenant().tenantId
    // a token names one of them, depending on the requested resource and on the token version of the registration
    TOKEN_AUDIENCES: '${baseUrl},${apiClientId},api://${apiClientId}'
    // the platform itself reads this setting for the trigger's schedule
    TICK_SCHEDULE: tickSchedule
    // 12 MiB more than the app accepts: the app must see a body that is too large in order to refuse it
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: string((maxBodyMiB + 12) * 1048576)
    TOPIC_ACCESS: topicAccess
    RATE_LIMIT_PER_SECOND: string(rateLimitPerSecond)
    RATE_LIMIT_BURST: string(rateLimitBurst)
  })
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

output name string = site.name
output baseUrl string = baseUrl
output appUrl string = 'https://${site.properties.defaultHostName}'
